import { type ErrorData, LockstepError, remoteText } from './errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';

/**
 * Whom a transport talks to: it prefixes the codes of its errors (SOURCE_TIMEOUT, ENGINE_TIMEOUT, ...). STATUS is a
 * lockstep that is asked for its status.
 */
export type Peer = 'SOURCE' | 'ENGINE' | 'STATUS';

/** One element of a batch: a result, or the JSON-RPC error object. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: JsonValue }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** A string result as hex text: characters `start` (after `0x`) up to `end` of `text`. */
export interface HexSlice {
  readonly text: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Like {@link RpcOutcome}, for a result that is one long hex string. */
export type HexOutcome =
  | { readonly ok: true; readonly hex: HexSlice | null }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** The error codes that exist for every peer. */
type SharedCode = 'UNREACHABLE' | 'TIMEOUT' | 'BAD_BODY' | 'SCHEMA' | 'OVERSIZE' | 'RPC_ERROR';

interface PeerErrorParts {
  readonly detail: string;
  readonly data?: ErrorData;
  readonly cause?: unknown;
}

export function peerError(peer: Peer, code: SharedCode, parts: PeerErrorParts): LockstepError {
  return new LockstepError(`${peer}_${code}`, parts);
}

/** Providers that answer HTTP 200 when they limit the rate say so by these codes (EIP-1474 "limit exceeded" first). */
const THROTTLE_CODES: ReadonlySet<number> = new Set([-32005, -32029, 429]);

/** The error for a JSON-RPC error object: SOURCE_THROTTLED for a rate limit of the source, else <PEER>_RPC_ERROR. */
export function rpcError(peer: Peer, method: string, error: { code: number; message: string }): LockstepError {
  const throttled = peer === 'SOURCE' && THROTTLE_CODES.has(error.code);
  return new LockstepError(throttled ? 'SOURCE_THROTTLED' : `${peer}_RPC_ERROR`, {
    detail: `${method} answered ${error.code} "${remoteText(error.message)}"`,
    data: { rpcCode: error.code, method },
  });
}

/**
 * Reads one JSON-RPC 2.0 reply. A reply without an id counts only as an error: the peer could not read the request.
 * @throws LockstepError <PEER>_BAD_BODY when the body is not JSON, <PEER>_SCHEMA when it is not the reply to `id`.
 */
export function readReply(peer: Peer, body: Buffer, id: number): RpcOutcome {
  const reply = parseBody(peer, body);
  const outcome = readOutcome(peer, reply);
  requireId(peer, reply, outcome, id);
  return outcome;
}

/**
 * Reads a batch reply; outcomes are in the order of the ids `firstId`, `firstId + 1`, ... whatever order the peer chose.
 * A batch that is refused as a whole (one error, alone or in an array of one) is thrown as <PEER>_RPC_ERROR.
 * @throws LockstepError <PEER>_BAD_BODY, <PEER>_SCHEMA or <PEER>_RPC_ERROR.
 */
export function readBatch(peer: Peer, body: Buffer, firstId: number, count: number): readonly RpcOutcome[] {
  const parsed = parseBody(peer, body);
  const replies: readonly JsonValue[] = Array.isArray(parsed) ? parsed : [parsed];
  if (replies.length === 1) requireNoRefusal(peer, replies[0] ?? null, firstId);
  if (!Array.isArray(parsed) || replies.length !== count) {
    throw schemaError(peer, `${replies.length} replies to a batch of ${count}`);
  }
  const byId = new Map<number, RpcOutcome>();
  for (const reply of replies) {
    const outcome = readOutcome(peer, reply);
    if (isJsonObject(reply) && typeof reply['id'] === 'number') byId.set(reply['id'], outcome);
  }
  return Array.from({ length: count }, (_, index) => {
    const outcome = byId.get(firstId + index);
    if (outcome === undefined) throw schemaError(peer, `no reply with id ${firstId + index}`);
    return outcome;
  });
}

/** Geth answers a batch over its limit with an array of one error without an id (engines-measured 2.F). */
function requireNoRefusal(peer: Peer, reply: JsonValue, firstId: number): void {
  if (isJsonObject(reply) && reply['id'] === firstId) return;
  const outcome = readOutcome(peer, reply);
  if (!outcome.ok) throw rpcError(peer, 'batch', outcome);
}

/** Keeps the scan below from parsing a large reply twice when it is not of the expected shape. */
const ENVELOPE_MAX_CHARS = 512;
const QUOTE = 0x22;
const COLON = 0x3a;

/**
 * Reads a reply whose result is one long hex string without parsing the string; `hex` is null for a null result.
 * Offsets point into the reply. Anything but the plain shape is parsed in full, so key order, white space, repeated
 * and escaped keys are read as JSON.parse reads them. The digits are left to who decodes them, who finds an escape
 * among them to be no digit.
 * @throws LockstepError like {@link readReply}.
 */
export function readHexResult(peer: Peer, body: Buffer, id: number): HexOutcome {
  const quoted = findStringResult(body, id);
  if (quoted !== undefined) return { ok: true, hex: hexSlice(peer, body, quoted.start, quoted.end) };
  const outcome = readReply(peer, body, id);
  if (!outcome.ok) return outcome;
  if (outcome.result === null) return { ok: true, hex: null };
  if (typeof outcome.result !== 'string') throw schemaError(peer, 'the result is not a string');
  const text = Buffer.from(outcome.result, 'latin1');
  return { ok: true, hex: hexSlice(peer, text, 0, text.length) };
}

/** The characters of the string result, where the rest of the body is a small and unambiguous envelope. */
function findStringResult(body: Buffer, id: number): { start: number; end: number } | undefined {
  const key = body.indexOf('"result"');
  if (key < 0) return undefined;
  const colon = skipSpace(body, key + '"result"'.length);
  const open = skipSpace(body, colon + 1);
  if (body[colon] !== COLON || body[open] !== QUOTE) return undefined;
  const close = body.indexOf(QUOTE, open + 1);
  if (close < 0 || open + body.length - close > ENVELOPE_MAX_CHARS) return undefined;
  const envelope = body.toString('latin1', 0, open + 1) + body.toString('latin1', close);
  // A backslash could hide a second "result" key, or the end of the string.
  if (envelope.includes('\\') || envelope.lastIndexOf('"result"') !== key) return undefined;
  const reply = tryParse(envelope);
  if (!isJsonObject(reply) || reply['jsonrpc'] !== '2.0' || reply['id'] !== id) return undefined;
  if (reply['result'] !== '' || Object.hasOwn(reply, 'error')) return undefined;
  return { start: open + 1, end: close };
}

function hexSlice(peer: Peer, text: Buffer, start: number, end: number): HexSlice {
  const even = (end - start) % 2 === 0;
  if (!even || text.toString('latin1', start, start + 2) !== '0x') throw schemaError(peer, 'the result is not hex');
  return { text, start: start + 2, end };
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += 1;
  return at;
}

/** True when a body is a JSON-RPC error reply, alone or in an array: some servers send it with an HTTP error status. */
export function isErrorReply(body: Buffer): boolean {
  const parsed = tryParse(text(body));
  const replies = Array.isArray(parsed) ? parsed : [parsed];
  return replies.length > 0 && replies.every((reply) => isJsonObject(reply) && isJsonObject(reply['error']));
}

function parseBody(peer: Peer, body: Buffer): JsonValue {
  try {
    return JSON.parse(text(body)) as JsonValue;
  } catch {
    // The parser's own message quotes the body unescaped, so it is not kept as the cause.
    throw peerError(peer, 'BAD_BODY', { detail: bodyExcerpt(body), data: { sizeBytes: body.length } });
  }
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Large replies are ASCII but for a hostile peer, and latin1 is read ten times faster than utf8 (performance 4.1). */
const UTF8_MAX_BYTES = 64 * 1024;

function text(body: Buffer): string {
  return body.toString(body.length > UTF8_MAX_BYTES ? 'latin1' : 'utf8');
}

/** The start of a body that could not be used, safe to show. */
export function bodyExcerpt(body: Buffer): string {
  return `${body.length} bytes "${remoteText(body.toString('utf8', 0, 1024))}"`;
}

function readOutcome(peer: Peer, reply: JsonValue): RpcOutcome {
  if (!isJsonObject(reply)) throw schemaError(peer, 'the reply is not an object');
  if (reply['jsonrpc'] !== '2.0') throw schemaError(peer, 'the reply is not of JSON-RPC 2.0');
  const failed = Object.hasOwn(reply, 'error');
  if (failed === Object.hasOwn(reply, 'result')) {
    throw schemaError(peer, `the reply has ${failed ? 'both result and error' : 'neither result nor error'}`);
  }
  return failed ? readError(peer, reply) : { ok: true, result: reply['result'] ?? null };
}

function readError(peer: Peer, reply: JsonObject): RpcOutcome {
  const error = reply['error'];
  if (!isJsonObject(error)) throw schemaError(peer, 'the error is not an object');
  const { code, message } = error;
  if (typeof code !== 'number' || !Number.isSafeInteger(code) || typeof message !== 'string') {
    throw schemaError(peer, 'the error has no integer code or no message');
  }
  return { ok: false, code, message };
}

function requireId(peer: Peer, reply: JsonValue, outcome: RpcOutcome, id: number): void {
  const got = isJsonObject(reply) ? reply['id'] : undefined;
  if (got === id || (!outcome.ok && (got === null || got === undefined))) return;
  throw schemaError(peer, `the reply has id ${remoteText(JSON.stringify(got ?? null))}, asked ${id}`);
}

function schemaError(peer: Peer, detail: string): LockstepError {
  return peerError(peer, 'SCHEMA', { detail });
}
