import { LockstepError } from '../util/errors.js';

/** Byte offsets of one RLP item's payload, or of a whole item where stated. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const LONGEST_SHORT_PAYLOAD = 55;

/** What is wrong with the RLP, and where. */
export function malformedRlp(problem: string, at: number): LockstepError {
  return new LockstepError('BLOCK_MALFORMED', { detail: `${problem} at byte ${at}`, data: { at } });
}

/**
 * Walks the items of RLP-encoded bytes without copying any. `isList`, `start` and `end` describe the payload of the
 * item read last. Strict: canonical lengths only, and no item reaches beyond the limit given (Yellow Paper, appendix B).
 */
export class RlpScanner {
  isList = false;
  start = 0;
  end = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Reads the header of the item at `at`, which has to end at or before `limit`; returns the offset behind the item. */
  read(at: number, limit: number): number {
    if (at >= limit) throw malformedRlp('an RLP item is missing', at);
    const first = this.bytes[at] ?? 0;
    this.isList = first >= 0xc0;
    if (first < 0x80) {
      this.start = at;
      this.end = at + 1;
      return this.end;
    }
    const length = first - (this.isList ? 0xc0 : 0x80);
    if (length <= LONGEST_SHORT_PAYLOAD) {
      this.start = at + 1;
      this.end = this.start + length;
    } else {
      this.start = at + 1 + length - LONGEST_SHORT_PAYLOAD;
      this.end = this.start + this.longLength(at + 1, this.start, limit);
    }
    if (this.end > limit) throw malformedRlp('an RLP item is longer than what holds it', at);
    if (length === 1 && !this.isList && (this.bytes[this.start] ?? 0) < 0x80) {
      throw malformedRlp('an RLP byte below 0x80 has a length', at);
    }
    return this.end;
  }

  /** Like {@link read}, for an item that has to be a list. */
  readList(at: number, limit: number): number {
    const next = this.read(at, limit);
    if (!this.isList) throw malformedRlp('an RLP string stands where a list belongs', at);
    return next;
  }

  /** Like {@link read}, for an item that has to be a string. */
  readString(at: number, limit: number): number {
    const next = this.read(at, limit);
    if (this.isList) throw malformedRlp('an RLP list stands where a string belongs', at);
    return next;
  }

  private longLength(from: number, to: number, limit: number): number {
    if (to > limit) throw malformedRlp('an RLP length is cut off', from);
    let length = 0;
    for (let at = from; at < to; at++) length = length * 256 + (this.bytes[at] ?? 0);
    if (this.bytes[from] === 0 || length <= LONGEST_SHORT_PAYLOAD)
      throw malformedRlp('an RLP length is not minimal', from);
    return length;
  }
}
