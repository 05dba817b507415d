import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { isJsonObject } from '../../src/util/json.js';
import type { EndSignal } from './stack.js';

/** What a command can have the owner of a devnet do. */
export type Order =
  | { readonly order: 'end' | 'restart'; readonly part: string; readonly signal: EndSignal }
  | { readonly order: 'start'; readonly part: string }
  /** Replaces so many of the newest blocks of the source. */
  | { readonly order: 'reorg'; readonly depth: number };

const SOCKET = 'control.sock';
const MAX_BODY_BYTES = 1_024;
const MAX_REORG_DEPTH = 1_000;

/** A client that comes back at once, or one that has to be waited for before it may be ended (a young geth). */
const ORDER_DEADLINE_MS = 60_000;

/** Lets commands give orders, through a socket that only the owner of the folder reaches. */
export async function serveControl(folder: string, carryOut: (order: Order) => Promise<void>): Promise<Server> {
  const server = createServer((incoming, reply) => {
    void text(incoming)
      .then((body) => carryOut(readOrder(JSON.parse(body))))
      .then(
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

function readOrder(value: unknown): Order {
  if (!isJsonObject(value)) throw new Error('an order is a JSON object');
  const { order, part, signal, depth } = value;
  if (order === 'reorg') {
    const sound = typeof depth === 'number' && Number.isInteger(depth) && depth > 0 && depth <= MAX_REORG_DEPTH;
    if (!sound) throw new Error(`a reorg has a depth from 1 to ${MAX_REORG_DEPTH}`);
    return { order, depth };
  }
  if (order !== 'end' && order !== 'start' && order !== 'restart') throw new Error(`no order ${JSON.stringify(order)}`);
  if (typeof part !== 'string') throw new Error('an order names a part');
  if (order === 'start') return { order, part };
  if (signal !== 'SIGTERM' && signal !== 'SIGKILL') throw new Error('a part is ended by SIGTERM or SIGKILL');
  return { order, part, signal };
}

/** Returns when it is carried out. @throws Error with the reason that the devnet gave. */
export async function giveOrder(folder: string, order: Order): Promise<void> {
  const outgoing = request({
    socketPath: join(folder, SOCKET),
    method: 'POST',
    signal: AbortSignal.timeout(ORDER_DEADLINE_MS),
  });
  outgoing.end(JSON.stringify(order));
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
