import type { BlockRef } from '../../src/chain/block.js';
import type { ElAccess } from '../els/el.js';
import { readRef } from '../heads.js';
import { createProducer, type LabelPolicy, type ProducerOptions } from '../producer/producer.js';
import { rpcClient } from '../rpc.js';

export interface BranchPlace {
  /** How far below the head of the EL the branch leaves its chain; 0 at the head. */
  readonly depth: number;
  /** In blocks. */
  readonly length: number;
  /** Tells the blocks from those of every other branch. */
  readonly branch: number;
  /** `keep` leaves the labels of the EL where they are, also on the branch that was left. */
  readonly labels: LabelPolicy;
}

/** A branch that one EL stands on and nobody else has. */
export interface PrivateBranch {
  /** The last block before it. */
  readonly ancestor: BlockRef;
  readonly tip: BlockRef;
}

/** reth takes no transaction of a nonce below that of its head, and a branch needs none to differ. */
const EMPTY = { txsPerBlock: 0, blobs: false, requests: false };

/**
 * Puts an EL on a branch of its own, as a second consensus client that drives it would. An EL that limits how far one
 * forkchoice goes back (geth) is taken there in steps; below the states that it keeps no branch can be built.
 */
export async function divert(
  el: ElAccess,
  options: ProducerOptions,
  { depth, length, branch, labels }: BranchPlace,
): Promise<PrivateBranch> {
  const producer = await createProducer(el, { ...options, ...EMPTY }, { branch, labels });
  const at = producer.head.number - depth;
  const ancestor = await readRef(rpcClient(el.httpUrl), at);
  if (ancestor === null) throw new Error(`the EL has no block ${at}`);
  await (depth === 0 ? producer.produce(length) : producer.fork(at, length));
  return { ancestor, tip: producer.head };
}
