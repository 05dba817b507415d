import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import { FetchAhead, type FetchDeps } from '../../src/follow/fetch-ahead.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { prepare, type Prepared } from '../../src/follow/prepare.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, makeBlock, type RealBlock } from './blocks.js';
import { MemorySource } from './memory-source.js';

beforeAll(initKeccak);

const CHAIN = grow(null, 4, 'a');
const DAY_S = 24 * 3_600;

const parent = CHAIN[1]!.ref;

/** What is fetched ahead is asked for again and again until somebody stops it. */
let fetching = new AbortController();

afterEach(() => {
  fetching.abort();
  fetching = new AbortController();
});

/** Prepares block 2 on top of block 1, served as `block`; with block 3 as the target, so that 2 is asked for by number. */
function preparing(block: RealBlock, target: BlockRef = CHAIN[3]!.ref): Promise<Prepared> {
  const source = new MemorySource(CHAIN);
  source.meddleBlock = () => ({ kind: 'found', value: block.fetched });
  const blocks = new FetchAhead(depsOf(source), { first: 2, target }, fetching.signal);
  return prepare(blocks, parent, target, source, fetching.signal);
}

function failing(thrown: Error): Promise<Prepared> {
  const source = new MemorySource(CHAIN);
  source.meddleBlock = () => Promise.reject(thrown);
  const target = CHAIN[3]!.ref;
  const blocks = new FetchAhead(depsOf(source), { first: 2, target }, fetching.signal);
  return prepare(blocks, parent, target, source, fetching.signal);
}

function depsOf(source: MemorySource): FetchDeps {
  const limits = { maxBlocks: 1, maxBytes: 1_000 };
  return { source, limits, window: new FetchWindow(1), now: () => 0 };
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}

describe('a block of the source', () => {
  it('becomes a payload when it is the next one', async () => {
    const prepared = await preparing(CHAIN[2]!);
    expect(prepared).toMatchObject({ kind: 'ready', payload: { ref: CHAIN[2]!.ref, version: 2, transactionCount: 0 } });
  });

  it('has to be the target where the target is next', async () => {
    expect((await preparing(CHAIN[2]!, CHAIN[2]!.ref)).kind).toBe('ready');
    const other = makeBlock(parent, 'other');
    const stop = { why: 'block-rejected', number: 2, error: { code: 'BLOCK_HASH_MISMATCH' } };
    expect(await preparing(other, CHAIN[2]!.ref)).toMatchObject({ kind: 'stop', stop });
  });

  it('on another parent is no error of the block: the branch changed', async () => {
    const other = makeBlock(makeBlock(CHAIN[0]!.ref, 'other').ref, 'other');
    expect(await preparing(other)).toEqual({ kind: 'stop', stop: { why: 'unlinked', number: 2 } });
  });

  it.each([
    ['another number', makeBlock(parent, 'a', { number: 5 }), 'BLOCK_HASH_MISMATCH'],
    [
      'no later timestamp than its parent',
      makeBlock(parent, 'a', { timestamp: parent.timestamp }),
      'BLOCK_LINK_MISMATCH',
    ],
    [
      'a timestamp more than a day ahead',
      makeBlock(parent, 'a', { timestamp: nowS() + DAY_S + 600 }),
      'BLOCK_MALFORMED',
    ],
  ])('with %s is rejected', async (_what, block, code) => {
    const stop = { why: 'block-rejected', number: 2, error: { code } };
    expect(await preparing(block)).toMatchObject({ kind: 'stop', stop });
  });

  it('may run hours ahead of the clock', async () => {
    expect((await preparing(makeBlock(parent, 'a', { timestamp: nowS() + DAY_S - 600 }))).kind).toBe('ready');
  });
});

describe('a failure', () => {
  it.each([
    ['SOURCE_TIMEOUT', { why: 'source-failed' }],
    ['SOURCE_RPC_ERROR', { why: 'source-failed' }],
    ['BLOCK_MALFORMED', { why: 'block-rejected', number: 2 }],
    ['BLOCK_UNKNOWN_TRANSACTION', { why: 'block-rejected', number: 2 }],
    ['ABORTED', { why: 'aborted' }],
  ] as const satisfies readonly (readonly [ErrorCode, object])[])('%s is a stop', async (code, stop) => {
    expect(await failing(new LockstepError(code))).toMatchObject({ kind: 'stop', stop });
  });

  it('that is none of these is a bug', async () => {
    await expect(failing(new TypeError('oops'))).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
