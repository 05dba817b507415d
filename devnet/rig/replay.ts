import { readFileSync } from 'node:fs';
import type { ElAccess } from '../els/el.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { BlockRef } from '../../src/chain/block.js';
import { createEngine, type EngineOptions } from '../../src/engine/http.js';
import { buildPayload } from '../../src/payload/build.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { createSource } from '../../src/source/http.js';

/** Where an EL is to stand, as heights; a label that is null is not sent. */
export interface Stand {
  readonly head: number;
  readonly safe: number | null;
  readonly finalized: number | null;
}

/** op-geth answers SYNCING to the 130th payload above the block that the last forkchoice named. */
const BLOCKS_PER_FORKCHOICE = 64;

/** Brings an EL from its head to a state of the source's chain without lockstep; labels come with the last forkchoice. */
export async function replayInto(el: ElAccess, sourceUrl: string, stand: Stand): Promise<void> {
  await initKeccak();
  const { signal } = new AbortController();
  const source = createSource({
    url: sourceUrl,
    headers: {},
    rpcTimeoutMs: 10_000,
    maxResponseBytes: 2 ** 26,
    maxConcurrency: 1,
  });
  const engine = createEngine(engineOptions(el));
  try {
    const refs = new Map<number, BlockRef>();
    const { unsafe } = await engine.heads(signal);
    for (let number = 0; number <= stand.head; number++) {
      const ref = await source.refAt({ number }, signal);
      if (ref.kind !== 'found') throw new Error(`the source has no block ${number}`);
      refs.set(number, ref.value);
      if (number <= unsafe.number) continue;
      const found = await source.block({ hash: ref.value.hash }, signal);
      if (found.kind !== 'found') throw new Error(`the source has no body of block ${number}`);
      const block = verifyBlock(found.value, { number });
      const answer = await engine.newPayload(buildPayload(block, []), signal);
      if (answer.status !== 'VALID') throw new Error(`block ${number}: ${answer.status}`);
      if ((number - unsafe.number) % BLOCKS_PER_FORKCHOICE > 0) continue;
      await engine.applyForkchoice(forkchoice(ref.value, { safe: null, finalized: null }), signal);
    }
    const label = (height: number | null): BlockRef | null => (height === null ? null : (refs.get(height) ?? null));
    const labels = { safe: label(stand.safe), finalized: label(stand.finalized) };
    const head = refs.get(stand.head);
    if (head === undefined) throw new Error(`there is no block ${stand.head}`);
    const applied = await engine.applyForkchoice(forkchoice(head, labels), signal);
    if (applied.effect !== 'moved') throw new Error(`the EL stands elsewhere: ${applied.effect}`);
  } finally {
    await Promise.all([source.close(), engine.close()]);
  }
}

function engineOptions(el: ElAccess): EngineOptions {
  const jwtSecret = Buffer.from(readFileSync(el.jwtSecretFile, 'utf8').trim(), 'hex');
  return { url: el.engineUrl, jwtSecret, timeoutMs: 10_000, version: 'devnet' };
}
