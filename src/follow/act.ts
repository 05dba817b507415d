import type { BlockRef } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { AppliedForkchoice, Engine, EngineReader } from '../engine/engine.js';
import type { ConsensusClient } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { sleep } from '../util/sleep.js';
import { aim } from './aim.js';
import { askAgain } from './ask-again.js';
import { climb, unmap } from './climb.js';
import { proveConsensus } from './consensus-identity.js';
import { extend, type ExtendDeps } from './extend.js';
import { makePlan, type PlanDeps } from './make-plan.js';
import type { Action, Outcome } from './action.js';

/** What both sides proved to be at boot: nothing else may stand behind the same URLs later. */
export interface ExpectedChain {
  readonly chainId: number;
  readonly genesis: BlockRef;
}

/** `E`: what an action may do to the EL. */
export interface ActDeps<E extends EngineReader = Engine>
  extends Omit<ExtendDeps, 'apply' | 'engine'>, Omit<PlanDeps, 'limits' | 'engine'> {
  readonly engine: E;
  readonly expected: ExpectedChain;
  readonly consensus: ConsensusClient | null;
  /** Told of every forkchoice, with what the EL showed after it. */
  readonly onApplied: (applied: AppliedForkchoice) => void;
  /** Sleeps at most `ms`; ends early when a poller has news. */
  readonly idle: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** An action that changes nothing. */
type Look = Extract<Action, { readonly do: 'wait' | 'identify' | 'compare' | 'plan' }>;
type Write = Exclude<Action, Look | { readonly do: 'halt' }>;

/**
 * Carries out one action and says what it came to. `stop` ends it before the next call. Rejects with ABORTED on stop, and with INTERNAL for a bug.
 */
export async function act(action: Look | Write, deps: ActDeps, stop: AbortSignal): Promise<Outcome> {
  switch (action.do) {
    case 'wait':
    case 'identify':
    case 'compare':
    case 'plan':
      return look(action, deps, stop);
    case 'extend':
    case 'el-sync':
    case 'forkchoice':
    case 'climb':
    case 'unmap':
      return write(action, deps, stop);
  }
}

/** As `act`, for the actions that change nothing. */
export async function look(action: Look, deps: ActDeps<EngineReader>, stop: AbortSignal): Promise<Outcome> {
  switch (action.do) {
    case 'wait':
      await deps.idle(action.ms, stop);
      return { of: 'wait' };
    case 'identify':
      return identify(deps, stop);
    case 'compare':
      await sleep(action.ms, stop);
      return compare(action.height, deps, stop);
    case 'plan':
      return { of: 'plan', divergence: action.divergence, result: await makePlan(action, deps, stop) };
  }
}

async function write(action: Write, deps: ActDeps, stop: AbortSignal): Promise<Outcome> {
  // The one place from which forkchoices are sent.
  const apply = async (fc: Forkchoice): Promise<AppliedForkchoice> => {
    const applied = await deps.engine.applyForkchoice(fc, stop);
    deps.onApplied(applied);
    return applied;
  };
  switch (action.do) {
    case 'extend':
      return extend(action, { ...deps, apply }, stop);
    case 'el-sync':
      return aim(action, { ...deps, apply }, stop);
    case 'forkchoice': {
      const { effect, answer } = await apply(action.forkchoice);
      return { of: 'forkchoice', effect, answer };
    }
    case 'climb':
      return { of: 'climb', rung: action.rung, ...(await climb(action, { ...deps, apply }, stop)) };
    case 'unmap':
      return { of: 'unmap', from: action.from, ...(await unmap(action, { ...deps, apply }, stop)) };
  }
}

/** Both sides, and the consensus client of the source, prove chain id and genesis again, as at boot (invariant I13). */
async function identify(
  { engine, source, consensus, expected }: ActDeps<EngineReader>,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const identity = await engine.identify(signal);
    requireSame('the EL', expected, identity.chainId, identity.genesis);
  } catch (thrown) {
    return failedIdentity('engine-failed', thrown);
  }
  try {
    const chainId = await source.chainId(signal);
    const genesis = await source.refAt({ number: 0 }, signal);
    if (genesis.kind === 'found') requireSame('the source', expected, chainId, genesis.value);
    else requireSame('the source', expected, chainId, expected.genesis);
    if (consensus !== null) await proveConsensus(consensus, source, expected.chainId, signal);
  } catch (thrown) {
    return failedIdentity('source-failed', thrown);
  }
  return { of: 'identify', result: 'same' };
}

function failedIdentity(result: 'engine-failed' | 'source-failed', thrown: unknown): Outcome {
  const error = asLockstepError(thrown);
  if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
  return { of: 'identify', result: error.code.startsWith('IDENTITY_') ? 'different' : result, error };
}

function requireSame(side: string, expected: ExpectedChain, chainId: number, genesis: BlockRef): void {
  if (chainId !== expected.chainId) {
    const detail = `${side} now answers chain id ${chainId}, at boot both sides were ${expected.chainId}`;
    throw new LockstepError('IDENTITY_CHAIN_ID', { detail, data: { chainId, expected: expected.chainId } });
  }
  if (genesis.hash !== expected.genesis.hash) {
    const detail = `${side} now has genesis ${genesis.hash}, at boot both sides had ${expected.genesis.hash}`;
    throw new LockstepError('IDENTITY_GENESIS', { detail, data: { genesis: genesis.hash } });
  }
}

async function compare(
  height: number,
  { engine, source }: ActDeps<EngineReader>,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const found = await askAgain(() => source.refAt({ number: height }, signal));
    const own = await engine.refAt(height, signal);
    return { of: 'compare', height, source: found.kind === 'found' ? found.value : null, engine: own };
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
    return { of: 'compare', height, error };
  }
}
