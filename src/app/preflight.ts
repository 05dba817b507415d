import type { BlockRef, Labels } from '../chain/block.js';
import type { EngineIdentity, EngineReader } from '../engine/engine.js';
import type { ExpectedChain } from '../follow/act.js';
import { proveConsensus } from '../follow/consensus-identity.js';
import { requireOrdered } from '../follow/status-guard.js';
import type { ConsensusClient, Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { shortHash } from '../util/hex.js';
import { sleep } from '../util/sleep.js';
import { checkBlocks } from './blocks-check.js';
import { checkOpStack, type Passed, type SeenHead } from './op-stack-check.js';
import { isLoopback, sameAddress, sameProcess } from './same-node.js';

export interface CheckRow {
  readonly name: string;
  readonly result: 'pass' | 'warn' | 'fail' | 'skip';
  readonly detail: string;
  readonly error?: LockstepError;
}

export interface PreflightInput {
  readonly source: Source;
  readonly consensus: ConsensusClient | null;
  readonly engine: EngineReader;
  /** Full URLs, for recognising our own EL; they are compared, never shown. */
  readonly urls: { readonly source: string; readonly engine: string; readonly rpc: string };
  readonly isConsensusClient: (signal: AbortSignal) => Promise<boolean>;
}

export interface Preflight {
  readonly rows: readonly CheckRow[];
  /** The error of the first failed row. */
  readonly error: LockstepError | null;
  /** What both sides proved to be; null unless every check passed. */
  readonly passed: { readonly expected: ExpectedChain } | null;
}

/** The Engine API accepts tokens at most this far from the EL's clock (execution-apis, engine/authentication.md). */
const MAX_SKEW_MS = 60_000;
const NOTABLE_SKEW_MS = 5_000;

/** A source that makes blocks shows a new one within this time; our own EL shows what it showed before. */
const OWN_EL_LOOKS = 5;
const OWN_EL_LOOK_EVERY_MS = 600;

/** Everything that has to be true before the first engine write. Reads only; every row is tried that can be. */
export async function preflight(input: PreflightInput, signal: AbortSignal): Promise<Preflight> {
  const run = new Checks();
  const engine = await run.try('engine', () => checkEngine(input.engine, signal));
  run.from('clock', engine, (identity) => checkClock(identity));
  const chainId = await run.try('source', () => checkSource(input, signal));
  const reached = engine !== null && chainId !== null;
  await run.after('two nodes', reached, () => checkOwnEl(input, signal));
  const sameChain = reached && engine.chainId === chainId;
  const seen = await run.after('op stack', sameChain, () => checkOpStack(input.source, engine, signal));
  const genesis = await run.after('identity', reached, () => checkIdentity(input, engine, chainId, signal));
  const { consensus } = input;
  if (consensus !== null)
    await run.after('source cl', reached, () => checkConsensus(consensus, input, chainId, signal));
  const head = await run.after('head', genesis !== null, () => checkHead(input, seen, signal));
  await run.after('labels', head !== null, () => checkLabels(input, signal));
  await run.after('blocks', head !== null, () => checkBlocks(input.source, head, seen, signal));
  const error = run.firstError;
  const complete = error === null && chainId !== null && genesis !== null;
  return { rows: run.rows, error, passed: complete ? { expected: { chainId, genesis } } : null };
}

const SKIPPED = 'another check failed';

class Checks {
  readonly rows: CheckRow[] = [];

  get firstError(): LockstepError | null {
    return this.rows.find((row) => row.error !== undefined)?.error ?? null;
  }

  /** Runs a check; null when it failed. An abort is not a result and goes up. */
  async try<T>(name: string, check: () => Promise<Passed<T>>): Promise<T | null> {
    try {
      const { value, detail, warn } = await check();
      this.rows.push({ name, result: warn === true ? 'warn' : 'pass', detail });
      return value;
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
      this.rows.push({ name, result: 'fail', detail: error.message, error });
      return null;
    }
  }

  async after<T>(name: string, ready: boolean, check: () => Promise<Passed<T>>): Promise<T | null> {
    if (ready) return this.try(name, check);
    this.rows.push({ name, result: 'skip', detail: SKIPPED });
    return null;
  }

  from<T>(name: string, value: T | null, check: (value: T) => CheckRow): void {
    this.rows.push(value === null ? { name, result: 'skip', detail: SKIPPED } : check(value));
  }
}

async function checkEngine(engine: EngineReader, signal: AbortSignal): Promise<Passed<EngineIdentity>> {
  const identity = await identifyEngine(engine, signal);
  const version = identity.clientVersion ?? 'version not told';
  return {
    value: identity,
    detail: `${engine.name} takes our JWT and has the methods that following needs (${version}; profile ${engine.profile.kind})`,
  };
}

/** A token refused while the clocks are too far apart was refused for its age: that is what the operator has to mend. */
async function identifyEngine(engine: EngineReader, signal: AbortSignal): Promise<EngineIdentity> {
  try {
    return await engine.identify(signal);
  } catch (thrown) {
    const error = asLockstepError(thrown);
    const { clockSkewMs } = error.data;
    const tooFar = typeof clockSkewMs === 'number' && Math.abs(clockSkewMs) > MAX_SKEW_MS;
    if (error.code !== 'ENGINE_AUTH' || !tooFar) throw error;
    throw new LockstepError('CLOCK_SKEW', { detail: skewText(clockSkewMs), data: { clockSkewMs }, cause: error });
  }
}

function skewText(clockSkewMs: number): string {
  return `our clock is ${Math.abs(Math.round(clockSkewMs / 1_000))} s ${clockSkewMs < 0 ? 'behind' : 'ahead of'} the EL`;
}

function checkClock({ clockSkewMs }: EngineIdentity): CheckRow {
  const name = 'clock';
  if (clockSkewMs === null) return { name, result: 'pass', detail: 'the EL sends no Date header; the JWT was taken' };
  const detail = skewText(clockSkewMs);
  if (Math.abs(clockSkewMs) > MAX_SKEW_MS) {
    const error = new LockstepError('CLOCK_SKEW', { detail, data: { clockSkewMs } });
    return { name, result: 'fail', detail, error };
  }
  return { name, result: Math.abs(clockSkewMs) > NOTABLE_SKEW_MS ? 'warn' : 'pass', detail };
}

async function checkSource(input: PreflightInput, signal: AbortSignal): Promise<Passed<number>> {
  const { source } = input;
  try {
    const chainId = await source.chainId(signal);
    return { value: chainId, detail: `${source.name} answers for chain ${chainId}` };
  } catch (thrown) {
    const error = asLockstepError(thrown);
    const mayBeCl = error.code === 'SOURCE_RPC_ERROR' || error.code === 'SOURCE_BAD_BODY';
    if (mayBeCl && (await input.isConsensusClient(signal))) {
      throw new LockstepError('SOURCE_IS_CL', { detail: source.name, cause: error });
    }
    throw error;
  }
}

/** One node on both sides: the same address, or two loopback ports of one process that show the same blocks for a while. */
async function checkOwnEl(input: PreflightInput, signal: AbortSignal): Promise<Passed<null>> {
  const { urls, source, engine } = input;
  const same =
    sameAddress(urls.source, urls.engine) ||
    sameAddress(urls.source, urls.rpc) ||
    (isLoopback(urls.source) && isLoopback(urls.engine) && (await showOneNode(input, signal)));
  if (same) throw new LockstepError('SOURCE_IS_OWN_EL', { detail: `${source.name} and ${engine.name} are one node` });
  const sameHost = new URL(urls.source).hostname === new URL(urls.engine).hostname && !isLoopback(urls.source);
  const detail = sameHost
    ? 'source and EL share a host: make sure that they are two nodes'
    : 'source and EL are two nodes';
  return { value: null, detail, warn: sameHost };
}

/**
 * The process alone proves nothing, since a reverse proxy may stand before both; nor does a chain at genesis. Who owns
 * the ports comes after the first look at the blocks, because it takes one at every process of the machine.
 */
async function showOneNode({ urls, source, engine }: PreflightInput, signal: AbortSignal): Promise<boolean> {
  for (let looks = 0; looks < OWN_EL_LOOKS; looks++) {
    if (looks > 0) await sleep(OWN_EL_LOOK_EVERY_MS, signal);
    const [head, own] = [await source.head(signal), (await engine.heads(signal)).unsafe];
    if (head.number === 0 || head.hash !== own.hash) return false;
    if (looks === 0 && !(await sameProcess(urls.source, urls.engine))) return false;
  }
  return true;
}

async function checkIdentity(
  { source, engine }: PreflightInput,
  identity: EngineIdentity | null,
  chainId: number | null,
  signal: AbortSignal,
): Promise<Passed<BlockRef>> {
  if (identity === null) throw new LockstepError('INTERNAL', { detail: 'identity is checked before the EL answered' });
  if (identity.chainId !== chainId) {
    const detail = `source ${source.name} is chain ${chainId ?? 'unknown'}, EL ${engine.name} is chain ${identity.chainId}`;
    throw new LockstepError('IDENTITY_CHAIN_ID', { detail });
  }
  const genesis = await source.refAt({ number: 0 }, signal);
  const own = identity.genesis;
  if (genesis.kind === 'pruned') {
    return { value: own, detail: `chain ${chainId}; the source no longer serves its genesis block`, warn: true };
  }
  if (genesis.kind === 'absent') {
    throw new LockstepError('SOURCE_SCHEMA', { detail: `${source.name} has no genesis block` });
  }
  if (genesis.value.hash !== own.hash) {
    const detail = `source ${genesis.value.hash}, EL ${own.hash}`;
    throw new LockstepError('IDENTITY_GENESIS', { detail });
  }
  return { value: own, detail: `chain ${chainId}, genesis ${shortHash(own.hash)} on both sides` };
}

async function checkHead(
  { source, engine }: PreflightInput,
  seen: SeenHead | null,
  signal: AbortSignal,
): Promise<Passed<BlockRef>> {
  const head = seen?.ref ?? (await source.head(signal));
  const own = (await engine.heads(signal)).unsafe;
  const gap = head.number - own.number;
  const relation = gap === 0 ? 'level' : gap > 0 ? `EL ${gap} blocks behind` : `EL ${-gap} blocks ahead`;
  return { value: head, detail: `source ${head.number}, EL ${own.number}: ${relation}` };
}

/** The consensus client answers, shows blocks that can be of one chain, and is of the chain that the source's EL serves. */
async function checkConsensus(
  consensus: ConsensusClient,
  { source }: PreflightInput,
  chainId: number | null,
  signal: AbortSignal,
): Promise<Passed<null>> {
  if (chainId === null)
    throw new LockstepError('INTERNAL', { detail: 'the consensus client is checked before its EL' });
  const { unsafe, currentL1 } = requireOrdered(await consensus.syncStatus(signal));
  const proven = await proveConsensus(consensus, source, chainId, signal);
  const doubts = [
    ...(proven ? [] : ['it does not prove its chain by optimism_rollupConfig']),
    ...(currentL1 === null ? ['it has derived nothing from L1, so its safe and finalized are not used yet'] : []),
  ];
  const shown = `${consensus.name} answers for unsafe ${unsafe.number}, current L1 ${currentL1?.number ?? 'not set'}`;
  return { value: null, detail: [shown, ...doubts].join('; '), warn: doubts.length > 0 };
}

async function checkLabels({ source, consensus }: PreflightInput, signal: AbortSignal): Promise<Passed<null>> {
  const { safe, finalized }: Labels = await (consensus?.syncStatus(signal) ?? source.labels(signal));
  const detail = `safe ${safe?.number ?? 'not set'}, finalized ${finalized?.number ?? 'not set'} at the source`;
  return { value: null, detail, warn: safe === null || finalized === null };
}
