import { afterEach, describe, expect, it } from '@jest/globals';
import { type StatusForm, watchStatus } from '../../src/app/commands/status.js';
import { HttpServer, type Script } from '../rig/http-server.js';
import { status, told } from './told-status.js';

let servers: HttpServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function serve(script: Script): Promise<string> {
  const server = await HttpServer.start(script);
  servers.push(server);
  return server.url;
}

/** Watches until so much was written, and gives every write. */
async function watched(url: string, form: Partial<StatusForm>, writes: number): Promise<readonly string[]> {
  const stop = new AbortController();
  const written: string[] = [];
  const stdout = (text: string): void => {
    written.push(text);
    if (written.length === writes) stop.abort();
  };
  const io = { stdout, size: () => ({ columns: 80, rows: 10 }) };
  const whole = { json: false, isScreen: false, isColored: false, ...form };
  expect(await watchStatus(url, whole, io, stop.signal)).toBe(0);
  return written;
}

describe('lockstep status --watch', () => {
  it('writes a line for each look where it cannot draw, also while there is no answer', async () => {
    let asked = 0;
    const answer = told(status({ state: 'following', ready: true }));
    const url = await serve((received, response) => {
      asked += 1;
      if (asked === 1) return void response.destroy();
      return answer(received, response);
    });
    const [first, second, ...others] = await watched(url, {}, 2);
    expect(first).toMatch(/^[\d-]{10} [\d:]{8} No status: no connection to the RPC of lockstep: [^\n]*\n$/);
    expect(second).toMatch(/^[\d-]{10} [\d:]{8} Following: not both sides were read yet\. [^\n]*\n$/);
    expect(others).toEqual([]);
  });

  it('writes a JSON document for each look', async () => {
    const written = await watched(await serve(told(status({}))), { json: true, isScreen: true }, 2);
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ events: [] }),
      expect.objectContaining({ events: [] }),
    ]);
  });

  it('draws each look over the one before in one write, and leaves the last one behind', async () => {
    const [enter, first, second, leave, page] = await watched(await serve(told(status({}))), { isScreen: true }, 3);
    expect(enter).toBe('\u001b[?1049h\u001b[?25l');
    for (const frame of [first, second]) {
      expect(frame).toMatch(/^\u001b\[HStarting: [^\u001b]*\u001b\[K\n/);
      expect(frame).toMatch(/\u001b\[K\u001b\[J$/);
      expect(frame?.split('\n')).toHaveLength(10);
    }
    expect(leave).toBe('\u001b[?25h\u001b[?1049l');
    expect(page).toMatch(/^Starting: [^\u001b]*UTC\n$/);
  });

  it('ends at once while it waits for an answer', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    const io = { stdout: () => undefined, size: () => ({ columns: 0, rows: 0 }) };
    const form = { json: false, isScreen: false, isColored: false };
    expect(await watchStatus(url, form, io, stop.signal)).toBe(0);
  });
});
