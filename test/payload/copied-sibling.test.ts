import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers/crypto';
import fc from 'fast-check';
import { buildPayload } from '../../src/payload/build.js';
import { copiedSibling } from '../../src/payload/copied-sibling.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { rebuildRequests } from '../../src/payload/requests.js';
import { verifyBlock, type VerifiedBlock } from '../../src/payload/verify.js';
import { paramsOf } from './params-of.js';
import { encodeRlp } from './reference-rlp.js';
import { encodeDecoded, FIELD } from './sealed-block.js';
import { allForms, decodeBlock, evidenceOf, rlpForm, title, VECTORS, vectorOf, type Vector } from './vectors.js';

function rawOf({ rlp }: VerifiedBlock): string {
  return `0x${rlp.text.toString('latin1', rlp.start, rlp.end)}`;
}

function differingBits(a: string, b: string): number {
  const [left, right] = [a, b].map((hex) => Buffer.from(hex.slice(2), 'hex')) as [Buffer, Buffer];
  expect(right).toHaveLength(left.length);
  const bits = (byte: number): number => byte.toString(2).replaceAll('0', '').length;
  return left.reduce((sum, byte, at) => sum + bits(byte ^ right[at]!), 0);
}

/** The header fields, as positions in the RLP, that differ. */
function differingFields(a: string, b: string): number[] {
  const [[left], [right]] = [decodeBlock(a), decodeBlock(b)];
  return left.flatMap((field, index) => (field === right[index] ? [] : [index]));
}

/** The vector's last block of a fork with other header fields, copied. */
function copyOf(fork: string, fields: Partial<Record<'extraData' | 'gasLimit', string>>) {
  const block = decodeBlock(vectorOf(fork).rawBlock);
  for (const [name, value] of Object.entries(fields)) block[0][FIELD[name as keyof typeof fields]] = value;
  const original = verifyBlock(rlpForm(encodeDecoded(block)), {});
  const copy = copiedSibling(original);
  expect(differingBits(rawOf(original), rawOf(copy))).toBe(1);
  expect(copy.ref.hash).toBe(keccak256(encodeRlp(decodeBlock(rawOf(copy))[0])));
  return { original, copy };
}

function payloadParams(block: VerifiedBlock, vector: Vector): unknown[] {
  return paramsOf(buildPayload(block, block.requestsNeeded ? rebuildRequests(evidenceOf(vector), block) : []));
}

beforeAll(initKeccak);

describe.each(VECTORS.map((vector) => [title(vector), vector] as const))('the copied sibling of %s', (_, vector) => {
  const changedField = vector.chain === 'op-forks' && vector.number < 9 ? 'gasLimit' : 'extraData';

  it('differs from it in one bit of the header, and in the hash that follows from it', () => {
    const original = verifyBlock(rlpForm(vector.rawBlock), { hash: vector.hash });
    const copy = copiedSibling(original);
    expect(differingBits(vector.rawBlock, rawOf(copy))).toBe(1);
    expect(differingFields(vector.rawBlock, rawOf(copy))).toEqual([FIELD[changedField]]);
    const hash = keccak256(encodeRlp(decodeBlock(rawOf(copy))[0]));
    expect(hash).not.toBe(vector.hash);
    expect(copy).toEqual({
      ...original,
      ref: { ...original.ref, hash },
      header: { ...original.header, [changedField]: copy.header[changedField] },
      rlp: copy.rlp,
      buffers: [copy.rlp.text],
    });
  });

  it('is sent as the block itself, but for that field and the hash', () => {
    for (const fetched of allForms(vector)) {
      const original = verifyBlock(fetched, { hash: vector.hash });
      const copy = copiedSibling(original);
      const [payload, ...others] = payloadParams(original, vector);
      const { ref, header } = copy;
      expect(payloadParams(copy, vector)).toEqual([
        { ...(payload as object), blockHash: ref.hash, [changedField]: header[changedField] },
        ...others,
      ]);
    }
  });

  it('leaves the block as it is', () => {
    const original = verifyBlock(rlpForm(vector.rawBlock), { hash: vector.hash });
    const before = payloadParams(original, vector);
    copiedSibling(original);
    expect(rawOf(original)).toBe(vector.rawBlock);
    expect(payloadParams(original, vector)).toEqual(before);
  });
});

describe('the extraData of a copied sibling', () => {
  const uint32 = fc.oneof(fc.constantFrom(1, 2, 3, 0x100, 0xffff_ffff), fc.integer({ min: 1, max: 0xffff_ffff }));
  const hex = (value: number | bigint, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');

  it('is any of at most 32 bytes that differs, on a chain of Ethereum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), (bytes) => {
        const { copy } = copyOf('prague', { extraData: `0x${Buffer.from(bytes).toString('hex')}` });
        expect(copy.header.extraData).toHaveLength(2 + 2 * Math.max(bytes.length, 1));
      }),
      { numRuns: 100 },
    );
  });

  it.each(['holocene', 'isthmus'])('keeps the version and parameters other than 0, on an OP chain in %s', (fork) => {
    fc.assert(
      fc.property(uint32, uint32, (denominator, elasticity) => {
        const { copy } = copyOf(fork, { extraData: `0x00${hex(denominator, 4)}${hex(elasticity, 4)}` });
        const { extraData } = copy.header;
        expect(extraData.slice(0, -8)).toBe(`0x00${hex(denominator, 4)}`);
        expect(Number(`0x${extraData.slice(-8)}`)).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  it('changes the minimum base fee alone, on an OP chain from Jovian on', () => {
    fc.assert(
      fc.property(uint32, uint32, fc.bigInt(0n, 2n ** 64n - 1n), (denominator, elasticity, minBaseFee) => {
        const parameters = `0x01${hex(denominator, 4)}${hex(elasticity, 4)}`;
        const { copy } = copyOf('jovian', { extraData: `${parameters}${hex(minBaseFee, 8)}` });
        expect(copy.header.extraData.slice(0, -16)).toBe(parameters);
      }),
      { numRuns: 100 },
    );
  });

  it('stays as it is on an OP chain where its form is not known: the gas limit grows instead', () => {
    const extraData = fc.constantFrom('0x', `0x02${'11'.repeat(16)}`, `0x00${'11'.repeat(16)}`, '0x0000000001');
    const gasLimit = fc.integer({ min: 2 ** 24, max: 2 ** 48 });
    fc.assert(
      fc.property(extraData, gasLimit, (data, limit) => {
        const fields = { extraData: data, gasLimit: `0x${hex(limit, 7).replace(/^(00)+/, '')}` };
        const { original, copy } = copyOf('granite', fields);
        expect(copy.header.extraData).toBe(data);
        const grew = Number(copy.header.gasLimit) > Number(original.header.gasLimit);
        expect(grew).toBe(limit % 256 !== 255);
      }),
      { numRuns: 100 },
    );
  });
});
