import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../devnet/genesis.js';
import { createOpGenesis, type OpForkSchedule } from '../../devnet/op-stack/genesis.js';
import { createProducer } from '../../devnet/producer/producer.js';
import type { BlockRef } from '../../src/chain/block.js';
import { buildPayload } from '../../src/payload/build.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { Payload } from '../../src/payload/payload.js';
import { rebuildRequests } from '../../src/payload/requests.js';
import { verifyBlock, type VerifiedBlock } from '../../src/payload/verify.js';
import { createSource } from '../../src/source/http.js';
import type { Source } from '../../src/source/source.js';
import type { Hex } from '../../src/util/hex.js';
import type { Scratch } from '../devnet/scratch.js';

/** A block as lockstep has it when it is about to send it. */
export class MadeBlock {
  constructor(
    readonly block: VerifiedBlock,
    private readonly requests: readonly Hex[],
  ) {}

  get ref(): BlockRef {
    return this.block.ref;
  }

  /** Of this block, or of a copy of it. */
  payload(block: VerifiedBlock = this.block): Payload {
    return buildPayload(block, this.requests);
  }
}

/** A chain, and blocks that leave it at some depth below its head. */
export interface Branches {
  readonly genesis: Genesis;
  /** By height; there is none at 0. */
  readonly main: ReadonlyMap<number, MadeBlock>;
  readonly head: number;
  /** By the depth of the block that they and the chain have in common. */
  readonly siblings: ReadonlyMap<number, MadeBlock>;
}

/** On the OP Stack each fork begins two seconds, which are two blocks, after the one before. */
const FORKS: OpForkSchedule = {
  // op-reth 1.10.2 does not take blocks from between these two (op-forks.test.ts).
  regolith: 4,
  canyon: 4,
  ecotone: 6,
  fjord: 8,
  granite: 10,
  holocene: 12,
  isthmus: 14,
  jovian: 16,
};

const { signal } = new AbortController();

/** Lets an EL make them, and ends it. `depths` are at most 32 apart, which is how far geth goes back at once. */
export async function makeBranches(
  scratch: Scratch,
  builder: 'geth' | 'op-geth',
  head: number,
  depths: readonly number[],
): Promise<Branches> {
  await initKeccak();
  const seed = 'branches';
  const timestamp = FIXED_GENESIS_TIMESTAMP;
  const opStack = builder === 'op-geth';
  const genesis = opStack ? createOpGenesis({ seed, timestamp, forks: FORKS }) : createGenesis({ seed, timestamp });
  const el = await scratch.launch(builder, `builder-${builder}`, { genesis });
  const distances = { safeDistance: head, finalizedDistance: head };
  const chain = opStack ? { forks: FORKS } : { requests: true };
  const producer = await createProducer(el, { seed, txsPerBlock: 2, blockTimeMs: 1_000, ...distances, ...chain });
  const source = sourceAt(el.httpUrl);
  try {
    const main = new Map<number, MadeBlock>();
    for (const ref of await producer.produce(head)) main.set(ref.number, await made(source, ref));
    const siblings = new Map<number, MadeBlock>();
    for (const depth of depths) {
      const [ref] = await producer.fork(head - depth, 1);
      if (ref !== undefined) siblings.set(depth, await made(source, ref));
    }
    return { genesis, main, head, siblings };
  } finally {
    await Promise.all([source.close(), el.kill()]);
  }
}

function sourceAt(url: string): Source {
  const limits = { rpcTimeoutMs: 10_000, maxResponseBytes: 2 ** 26, maxConcurrency: 1 };
  return createSource({ url, headers: {}, ...limits });
}

async function made(source: Source, { number, hash }: BlockRef): Promise<MadeBlock> {
  const fetched = await source.block({ hash }, signal);
  if (fetched.kind !== 'found') throw new Error(`the builder does not serve block ${number}`);
  const block = verifyBlock(fetched.value, { number, hash });
  if (!block.requestsNeeded) return new MadeBlock(block, []);
  const evidence = await source.requestEvidence(block.ref, signal);
  if (evidence.kind !== 'found') throw new Error(`the builder does not serve the receipts of block ${number}`);
  return new MadeBlock(block, rebuildRequests(evidence.value, block));
}
