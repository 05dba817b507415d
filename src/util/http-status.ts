import { bodyExcerpt, isErrorReply, peerError, type Peer } from './envelope.js';
import { type ErrorData, LockstepError } from './errors.js';
import type { HttpResponse } from './http-exchange.js';

const RETRY_AFTER_MAX_MS = 60_000;

/**
 * The error for a response that cannot be read as a reply, or undefined when its body can. A JSON-RPC error that comes
 * with an HTTP error status is a reply, except where the status alone decides (redirect, credentials, rate).
 */
export function statusError(
  peer: Peer,
  name: string,
  { status, headers, body }: HttpResponse,
  requestBytes: number,
): LockstepError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const data: ErrorData = { status, phase: 'exchange' };
  const detail = `${name}: HTTP ${status}`;
  const decided = decidedBy(peer, status, headers['retry-after'] !== undefined);
  if (decided === 'SOURCE_THROTTLED') {
    const retryAfterMs = readRetryAfterMs(headers['retry-after'], Date.now());
    return new LockstepError(decided, { detail, data: retryAfterMs === null ? data : { ...data, retryAfterMs } });
  }
  if (decided === 'ENGINE_OVERSIZE') {
    return new LockstepError(decided, { detail: `${detail} to a request of ${requestBytes} bytes`, data });
  }
  if (decided === 'ENGINE_AUTH')
    return new LockstepError(decided, { detail, data: { ...data, ...clockSkew(headers.date) } });
  if (decided !== undefined) return new LockstepError(decided, { detail, data });
  if (isErrorReply(body)) return undefined;
  if (peer === 'SOURCE' && status === 403) return new LockstepError('SOURCE_AUTH', { detail, data });
  return peerError(peer, 'BAD_BODY', { detail: `${detail}, ${bodyExcerpt(body)}`, data });
}

/** The code that the status alone decides on. */
function decidedBy(peer: Peer, status: number, saysWhen: boolean) {
  switch (peer) {
    case 'SOURCE':
      return sourceStatus(status, saysWhen);
    case 'ENGINE':
      return engineStatus(status);
    case 'STATUS':
      return undefined;
  }
}

function sourceStatus(status: number, hasRetryAfter: boolean) {
  if (status >= 300 && status < 400) return 'SOURCE_REDIRECT';
  if (status === 401) return 'SOURCE_AUTH';
  if (status === 429 || (status === 503 && hasRetryAfter)) return 'SOURCE_THROTTLED';
  return undefined;
}

function engineStatus(status: number) {
  if (status >= 300 && status < 400) return 'ENGINE_BAD_BODY';
  if (status === 401) return 'ENGINE_AUTH';
  if (status === 403) return 'ENGINE_FORBIDDEN';
  if (status === 413) return 'ENGINE_OVERSIZE';
  return undefined;
}

/** Retry-After as seconds or an HTTP date, in ms from `nowMs`, at most one minute; null when unreadable. */
function readRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}

/** A token is refused for its age as well as for its signature: the peer's Date header tells the two apart. */
function clockSkew(date: string | undefined): ErrorData {
  const theirsMs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirsMs) ? {} : { clockSkewMs: Date.now() - theirsMs };
}
