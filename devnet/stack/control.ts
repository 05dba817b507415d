import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { isJsonObject } from '../../src/util/json.js';
import type { EndSignal, Stack } from './stack.js';

const SOCKET = 'control.sock';
const MAX_BODY_BYTES = 1_024;

/** A client that comes back at once, or one that has to be waited for before it may be ended (a young geth). */
const RESTART_DEADLINE_MS = 60_000;

/** Lets commands restart parts of the stack, through a socket that only the owner of the folder reaches. */
export async function serveControl(
  folder: string,
  restart: (part: string, signal: EndSignal) => Promise<void>,
): Promise<Server> {
  const server = createServer((incoming, reply) => {
    void handle(incoming, restart).then(
      () => reply.end('{}'),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        reply.writeHead(400).end(JSON.stringify({ error: message }));
      },
    );
  });
  server.listen(join(folder, SOCKET));
  await once(server, 'listening');
  return server;
}

async function handle(incoming: IncomingMessage, restart: Stack['restart']): Promise<void> {
  const body = await text(incoming);
  const order: unknown = JSON.parse(body);
  if (!isJsonObject(order)) throw new Error('an order is a JSON object');
  const { part, signal } = order;
  if (typeof part !== 'string' || (signal !== 'SIGTERM' && signal !== 'SIGKILL')) {
    throw new Error('an order names a part and SIGTERM or SIGKILL');
  }
  await restart(part, signal);
}

/** @throws Error with the reason that the devnet gave. */
export async function orderRestart(folder: string, part: string, signal: EndSignal): Promise<void> {
  const outgoing = request({
    socketPath: join(folder, SOCKET),
    method: 'POST',
    signal: AbortSignal.timeout(RESTART_DEADLINE_MS),
  });
  outgoing.end(JSON.stringify({ part, signal }));
  const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
  const answer: unknown = JSON.parse(await text(reply));
  const error = isJsonObject(answer) ? answer['error'] : undefined;
  if (typeof error === 'string') throw new Error(error);
}

async function text(message: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of message) {
    body += String(chunk);
    if (body.length > MAX_BODY_BYTES) throw new Error('too long for an order');
  }
  return body;
}
