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
  const sizeBytes = wholeBytes(text, start, end);
  if (scratch.length < sizeBytes) scratch = Buffer.allocUnsafeSlow(sizeBytes);
  let written = 0;
  for (let at = start; at < end; at += CHUNK_CHARS) {
    const chunk = text.toString('latin1', at, Math.min(at + CHUNK_CHARS, end));
    const decoded = scratch.write(chunk, written, 'hex');
    written += decoded;
    if (decoded * 2 < chunk.length) throw notHexAt(start + written * 2);
  }
  return scratch.subarray(0, sizeBytes);
}

/**
 * How many bytes the characters from `start` up to `end` stand for.
 * @throws LockstepError BLOCK_MALFORMED when they are not there, or are an odd number.
 */
export function wholeBytes(text: Buffer, start: number, end: number): number {
  const sizeBytes = (end - start) / 2;
  if (!Number.isInteger(sizeBytes) || start < 0 || sizeBytes < 0 || end > text.length) {
    throw new LockstepError('BLOCK_MALFORMED', { detail: `characters ${start} to ${end} are not whole bytes of hex` });
  }
  return sizeBytes;
}

export function notHexAt(position: number): LockstepError {
  return new LockstepError('BLOCK_MALFORMED', { detail: `not hex at character ${position}` });
}
