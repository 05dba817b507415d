import { LockstepError } from '../util/errors.js';

/** Short slices stay in V8's young heap; one long slice would become external memory and cost a collection each. */
const CHUNK_CHARS = 16_384;

let scratch = Buffer.alloc(0);

/**
 * Decodes the hex digits (either case, no prefix) of `text` from `start` up to `end`.
 * The result is a view of one shared buffer, which grows to the largest block: it is valid until the next call.
 * @throws LockstepError BLOCK_MALFORMED when the text is not whole bytes of hex digits.
 */
export function decodeHexText(text: Buffer, start: number, end: number): Buffer {
  const sizeBytes = (end - start) / 2;
  if (!Number.isInteger(sizeBytes) || start < 0 || sizeBytes < 0 || end > text.length) {
    throw new LockstepError('BLOCK_MALFORMED', { detail: `characters ${start} to ${end} are not whole bytes of hex` });
  }
  if (scratch.length < sizeBytes) scratch = Buffer.allocUnsafeSlow(sizeBytes);
  let written = 0;
  for (let at = start; at < end; at += CHUNK_CHARS) {
    const chunk = text.toString('latin1', at, Math.min(at + CHUNK_CHARS, end));
    const decoded = scratch.write(chunk, written, 'hex');
    written += decoded;
    if (decoded * 2 < chunk.length) {
      throw new LockstepError('BLOCK_MALFORMED', { detail: `not hex at character ${start + written * 2}` });
    }
  }
  return scratch.subarray(0, sizeBytes);
}
