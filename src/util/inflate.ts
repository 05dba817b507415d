import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { peerError, type Peer } from './envelope.js';

/** What inflated replies may be asked for. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

const INFLATERS = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/** What node:zlib throws when the output would pass maxOutputLength. */
const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE';

/**
 * Inflates a body, and stops as soon as the output passes `maxBytes`, so a bomb never gets larger than the cap.
 * Synchronous: inflating a whole block takes less than the hops through the thread pool (performance 4.5).
 * @throws LockstepError <PEER>_OVERSIZE past the cap, <PEER>_BAD_BODY for an unknown encoding or a damaged stream.
 */
export function inflateBody(peer: Peer, body: Buffer, encoding: string, maxBytes: number): Buffer {
  const inflate = INFLATERS.get(encoding.toLowerCase());
  if (inflate === undefined) throw damaged(peer, 'an unknown content-encoding');
  try {
    return inflate(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    const oversize = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === TOO_LARGE;
    if (!oversize) throw damaged(peer, `${encoding} data that cannot be inflated`, cause);
    const detail = `more than ${maxBytes} bytes after inflation`;
    throw peerError(peer, 'OVERSIZE', { detail, data: { phase: 'exchange' } });
  }
}

function damaged(peer: Peer, detail: string, cause?: unknown) {
  return peerError(peer, 'BAD_BODY', { detail, data: { phase: 'exchange' }, cause });
}
