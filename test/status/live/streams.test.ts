import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../../devnet/wait-until.js';
import { Streams } from '../../../src/status/live/streams.js';

const LIMITS = { streams: 2, bufferedBytes: 64 * 1024, everyMs: 20 };
const DEADLINE_MS = 20_000;

let server: Server;
let sockets: Socket[] = [];
let answered: boolean[];
let responses: ServerResponse[];
let ticks: number;
let tickers: number;
let padding: string;

beforeEach(async () => {
  [answered, responses, ticks, tickers, padding] = [[], [], 0, 0, ''];
  const ticker = () => {
    tickers += 1;
    return () => JSON.stringify({ tick: (ticks += 1), padding });
  };
  const whole = (): string => JSON.stringify({ whole: 1, tickers });
  const streams = new Streams({ whole, ticker }, LIMITS);
  server = createServer((_request, response) => {
    responses.push(response);
    answered.push(streams.add(response, { 'x-of': 'test' }));
    if (answered.at(-1) === false) response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A reader, and what it got; one that is slow reads nothing. */
async function reader(isSlow = false): Promise<{ readonly socket: Socket; readonly text: () => string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('error', () => undefined);
  if (isSlow) socket.pause();
  else socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const before = answered.length;
  socket.write('GET / HTTP/1.1\r\nHost: any\r\n\r\n');
  await waitUntil('it is answered', () => answered.length > before, DEADLINE_MS);
  return { socket, text: () => text };
}

describe('the streams of the page', () => {
  it('begin with everything, and go on with what is new from before that', async () => {
    const { text } = await reader();
    await waitUntil('two ticks', () => text().includes('"tick":2'), DEADLINE_MS);
    expect(text()).toMatch(/^HTTP\/1.1 200 OK\r\nx-of: test\r\ncontent-type: text\/event-stream\r\n/);
    expect(text()).toMatch(
      /retry: 40\n[\s\S]*event: whole\ndata: {"whole":1,"tickers":1}\n\n[\s\S]*event: tick\ndata: {"tick":1,/,
    );
  });

  it('are made up once for all readers, and not while there are none', async () => {
    const [one, two] = [await reader(), await reader()];
    await waitUntil('both are told', () => [one, two].every(({ text }) => text().includes('"tick":3')), DEADLINE_MS);
    expect(tickers).toBe(1);
    for (const { socket } of [one, two]) socket.destroy();
    await waitUntil('both are gone', () => responses.every(({ destroyed }) => destroyed), DEADLINE_MS);
    const before = ticks;
    await reader();
    await waitUntil('the next is told', () => tickers === 2, DEADLINE_MS);
    expect(ticks).toBeLessThanOrEqual(before + 1);
  });

  it('are so many and no more, and a place is free again when a reader leaves', async () => {
    const first = await reader();
    await reader();
    await reader();
    expect(answered).toEqual([true, true, false]);
    first.socket.destroy();
    await waitUntil('the server sees it', () => responses[0]?.destroyed, DEADLINE_MS);
    await reader();
    expect(answered.at(-1)).toBe(true);
  });

  it('are cut for a reader that takes nothing, while the others are told', async () => {
    padding = 'x'.repeat(256 * 1024);
    const [slow, quick] = [await reader(true), await reader()];
    await waitUntil('the slow one is cut', () => responses[0]?.destroyed, DEADLINE_MS);
    const told = ticks;
    await waitUntil('the quick one is told', () => quick.text().includes(`"tick":${told + 2}`), DEADLINE_MS);
    expect(slow.text()).toBe('');
  });
});
