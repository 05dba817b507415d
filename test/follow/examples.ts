import type { BlockRef, Heads, Labels } from '../../src/chain/block.js';
import { NOT_SYNCING, type EngineSyncing } from '../../src/engine/engine.js';
import type { ElSync, ElSyncPolicy } from '../../src/follow/el-sync-state.js';
import {
  INITIAL_STATE,
  type EngineView,
  type Observation,
  type Seen,
  type SourceView,
  type State,
} from '../../src/follow/state.js';
import type { Outcome } from '../../src/follow/action.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { type Hash, ZERO_HASH } from '../../src/util/hex.js';

/** Blocks 0 to 20 of the main branch, and 4' to 20' of a branch that leaves it at block 3. */
export const A = makeRefs('a', 21);
export const B = [...A.slice(0, 4), ...makeRefs('b', 17, A[3])];

/** The clock reading of every example. */
export const NOW = 1_000_000;
export const TICK = { now: NOW, random: 0 };

/** Refs whose hashes are made of the branch letter and the height; `from` is the block the branch grows on. */
function makeRefs(branch: 'a' | 'b', length: number, from?: BlockRef): BlockRef[] {
  const refs: BlockRef[] = [];
  for (let parent = from; refs.length < length; parent = refs.at(-1)) {
    const number = parent === undefined ? 0 : parent.number + 1;
    const hash: Hash = `0x${branch}${number.toString(16).padStart(63, '0')}`;
    refs.push({ number, hash, parentHash: parent?.hash ?? ZERO_HASH, timestamp: 1_700_000_000 + 2 * number });
  }
  return refs;
}

/** The block of a chain at a height that is known to exist. */
export function at(chain: readonly BlockRef[], number: number): BlockRef {
  const ref = chain[number];
  if (ref === undefined) throw new RangeError(`the chain has no block ${number}`);
  return ref;
}

export function labels(chain: readonly BlockRef[], safe: number | null, finalized: number | null): Labels {
  const pick = (number: number | null): BlockRef | null => (number === null ? null : at(chain, number));
  return { safe: pick(safe), finalized: pick(finalized) };
}

/** An EL on `chain` that answers every height up to its head. */
export function engineView(
  chain: readonly BlockRef[],
  head: number,
  shown: Labels = labels(chain, null, null),
  extra: Partial<EngineView> = {},
): EngineView {
  const heads: Heads = { unsafe: at(chain, head), ...shown };
  return {
    heads,
    syncing: NOT_SYNCING,
    at: new Map(chain.slice(0, head + 1).map((ref) => [ref.number, ref])),
    hungUp: false,
    foreignMove: false,
    ...extra,
  };
}

/** What a geth shows in the middle of a sync. */
export const SYNCING: EngineSyncing = { busy: true, underway: true, at: 5, work: 5 };

export function sourceView(chain: readonly BlockRef[], head: number, shown: Labels | null = null): SourceView {
  return { head: at(chain, head), labels: shown };
}

export function seen<T>(value: T): Seen<T> {
  return { kind: 'seen', value };
}

export function failed(code: ErrorCode): { kind: 'failed'; error: LockstepError } {
  return { kind: 'failed', error: new LockstepError(code) };
}

export function observation(engine: EngineView, source: SourceView, outcome: Outcome | null = null): Observation {
  return { engine: seen(engine), source: seen(source), outcome };
}

/** A state that is past boot: both sides identified and compared, the EL primed a moment ago. */
export const SETTLED: State = {
  ...INITIAL_STATE,
  phase: { kind: 'following' },
  session: { ...INITIAL_STATE.session, compared: true, primed: true },
  lastForkchoiceAt: NOW - 1_000,
};

/** A gap of two blocks is one for an EL sync. */
export const POLICY: ElSyncPolicy = { gapBlocks: 2, startMs: 3_000, stallMs: 8_000 };

/** The EL stands at block 5, was pointed at block 7 a moment ago and has begun. */
export const RUNNING: Extract<ElSync, { readonly stage: 'running' }> = {
  policy: POLICY,
  stage: 'running',
  target: at(A, 7),
  aimedAt: NOW - 1_000,
  ancestor: null,
  started: true,
  at: 5,
  by: 'latest',
  work: { head: 5, sync: 5 },
  movedAt: NOW - 1_000,
  peers: 1,
};
