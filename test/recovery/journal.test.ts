import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BlockRef } from '../../src/chain/block.js';
import { decodeJournal, encodeJournal, type Journal } from '../../src/recovery/journal.js';
import { asLockstepError } from '../../src/util/errors.js';
import type { Hash } from '../../src/util/hex.js';

const hash = (mark: number): Hash => `0x${mark.toString(16).padStart(64, '0')}`;
const ref = (number: number, mark = number): BlockRef => ({
  number,
  hash: hash(mark + 1_000),
  parentHash: hash(mark + 999),
  timestamp: 1_700_000_000 + number,
});

const JOURNAL: Journal = { chainId: 901, genesis: hash(1), labels: { safe: ref(30), finalized: ref(20) } };

const HASH = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hash => `0x${Buffer.from(bytes).toString('hex')}`);
const COUNT = fc.maxSafeNat();
const REF = fc.record({ number: COUNT, hash: HASH, parentHash: HASH, timestamp: COUNT });
const LABELS = fc
  .record({ safe: fc.option(REF), finalized: fc.option(REF) })
  .filter(({ safe, finalized }) => safe === null || finalized === null || finalized.number < safe.number);

function refusal(text: string): string {
  try {
    decodeJournal(text);
  } catch (thrown) {
    const error = asLockstepError(thrown);
    expect([error.code, error.severity]).toEqual(['JOURNAL_UNREADABLE', 'retry']);
    return error.detail ?? '';
  }
  return 'accepted';
}

const changed = (change: object): string => JSON.stringify({ ...JSON.parse(encodeJournal(JOURNAL)), ...change });

describe('the journal', () => {
  it('is read as it was written, for any chain and any labels', () => {
    fc.assert(
      fc.property(COUNT, HASH, LABELS, (chainId, genesis, labels) => {
        const journal = { chainId, genesis, labels };
        expect(decodeJournal(encodeJournal(journal))).toEqual(journal);
      }),
    );
  });

  it('can be read back whatever the labels are, with no safe below finalized', () => {
    fc.assert(
      fc.property(fc.option(REF), fc.option(REF), (safe, finalized) => {
        const { labels } = decodeJournal(encodeJournal({ ...JOURNAL, labels: { safe, finalized } }));
        const isBelow = safe !== null && finalized !== null && safe.number <= finalized.number;
        expect(labels).toEqual({ safe: isBelow ? finalized : safe, finalized });
      }),
    );
  });

  it('is refused, and nothing else happens, for any other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString()),
        ),
        (text) => {
          expect(refusal(text)).not.toBe('accepted');
        },
      ),
    );
  });

  it('is refused when it ends anywhere before its end', () => {
    const text = encodeJournal(JOURNAL).trimEnd();
    for (let length = 0; length < text.length; length += 1)
      expect(refusal(text.slice(0, length))).toBe('it is not JSON');
  });

  it.each([
    ['an empty file', '', 'it is not JSON'],
    ['a list', '[]', 'it is not a JSON object'],
    ['an object of something else', '{"level":"info"}', 'it has no version'],
    ['a version of later', changed({ version: 2, extra: true }), 'its version is 2, and this lockstep reads 1'],
    ['a version that is text', changed({ version: '1' }), 'it has no version'],
    ['a field more', changed({ more: 1 }), 'it has fields that it should not have'],
    ['a field less', changed({ safe: undefined }), 'it has no safe'],
    ['a genesis that is no hash', changed({ genesis: '0x12' }), 'its genesis is not a hash'],
    ['a chain id that is text', changed({ chainId: '901' }), 'its chainId is not a whole number'],
    ['a block that is a number', changed({ safe: 30 }), 'its safe is not a block'],
    ['a block without a hash', changed({ safe: { ...ref(30), hash: null } }), 'a hash of its safe is not one'],
    [
      'a block with a field more',
      changed({ safe: { ...ref(30), x: 1 } }),
      'its safe has fields that it should not have',
    ],
    [
      'a negative height',
      changed({ safe: { ...ref(30), number: -1 } }),
      'the number of its safe is not a whole number',
    ],
    [
      'a height of 2^53',
      changed({ safe: { ...ref(30), number: 2 ** 53 } }),
      'the number of its safe is not a whole number',
    ],
    ['finalized above safe', changed({ safe: ref(10) }), 'its finalized is not at or below its safe'],
    ['two blocks at one height', changed({ safe: ref(20, 77) }), 'its finalized is not at or below its safe'],
    [
      'a prototype',
      encodeJournal(JOURNAL).replace('"safe"', '"__proto__":{},"safe"'),
      'it has fields that it should not have',
    ],
    [
      'an infinite height',
      encodeJournal(JOURNAL).replace('"number":30', '"number":1e400'),
      'the number of its safe is not a whole number',
    ],
    ['more text than a journal has', changed({ pad: 'x'.repeat(5_000) }), 'it has more than 4096 characters'],
  ])('is refused for %s', (_case, text, detail) => {
    expect(refusal(text)).toBe(detail);
  });

  it('is no place for what it held: a refusal repeats none of its text', () => {
    for (const text of ['secret-text', changed({ genesis: 'secret-text' }), changed({ 'secret-text': 1 })]) {
      expect(refusal(text)).not.toContain('secret');
    }
  });
});
