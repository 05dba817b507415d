import { createSource } from '../../src/source/http.js';
import type { SourceOptions } from '../../src/source/options.js';
import type { Source } from '../../src/source/source.js';
import { LockstepError } from '../../src/util/errors.js';
import type { Hash, Hex } from '../../src/util/hex.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { type Answer, answering, HttpServer, type ReceivedCall, type Script } from '../rig/http-server.js';

const opened: { close(): Promise<void> }[] = [];

/** Ends every server and source that a test has opened, also when it failed. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((part) => part.close()));
}

export const never = (): AbortSignal => new AbortController().signal;

export async function serve(script: Script): Promise<HttpServer> {
  const server = await HttpServer.start(script);
  opened.push(server);
  return server;
}

export function sourceOptions(url: string, options: Partial<SourceOptions> = {}): SourceOptions {
  return {
    url,
    headers: {},
    rpcTimeoutMs: 10_000,
    maxConcurrency: 4,
    maxResponseBytes: 64 * 1024 * 1024,
    retry: { baseDelayMs: 1 },
    ...options,
  };
}

export function open(url: string, options: Partial<SourceOptions> = {}): Source {
  const source = createSource(sourceOptions(url, options));
  opened.push(source);
  return source;
}

/** A server whose answers come from these methods, and a source that reads it. */
export async function sourceOf(methods: Methods): Promise<{ server: HttpServer; source: Source }> {
  const server = await serve(answering((call) => answerOf(methods, call)));
  return { server, source: open(server.url) };
}

export type Methods = Readonly<Record<string, (...params: JsonValue[]) => Answer>>;

function answerOf(methods: Methods, { method, params }: ReceivedCall): Answer {
  return methods[method]?.(...params) ?? error(-32601, `the method ${method} does not exist`);
}

export const result = (value: JsonValue): Answer => ({ result: value });
export const error = (code: number, message = 'no'): Answer => ({ error: { code, message } });

export const hash = (seed: number): Hash => `0x${seed.toString(16).padStart(64, '0')}`;
export const quantity = (value: number): Hex => `0x${value.toString(16)}`;

/** A block as eth_getBlockBy* answers it; its hash is its number plus 0x1000. */
export function block(number: number, fields: JsonObject = {}): JsonObject {
  return {
    number: quantity(number),
    hash: hash(0x1000 + number),
    parentHash: hash(0x1000 + number - 1),
    timestamp: quantity(1_700_000_000 + number),
    transactions: [],
    ...fields,
  };
}

export function refOf(number: number) {
  return {
    number,
    hash: hash(0x1000 + number),
    parentHash: hash(0x1000 + number - 1),
    timestamp: 1_700_000_000 + number,
  };
}

export async function failure(work: Promise<unknown>): Promise<LockstepError> {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof LockstepError)) throw new Error('a LockstepError was expected', { cause: thrown });
  return thrown;
}
