import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FixtureBlock } from './chain.js';
import type { Children } from './children.js';
import type { Slice } from './loop-probe.js';
import { monotonicNs } from './cpu-time.js';
import type { ElCosts } from './el-state.js';
import { type PreparedBlock, replay } from './floor.js';
import type { ElWindow, GenesisRef, Memory } from './stub-messages.js';
import type { ElHandle } from './stubs.js';

/** One catch-up from genesis to the last block, as the EL stub saw it. */
export interface Run {
  /** First newPayload (after the warm-up) to last forkchoice. */
  readonly wallMs: number;
  /** CPU of lockstep in that time; null for the floor, which is not lockstep. */
  readonly cpuMs: number | null;
  /** Exec to first newPayload; null for the floor. */
  readonly startMs: number | null;
  /** Of lockstep; null for the floor. */
  readonly memory: Memory | null;
  /** What kept the event loop longest in that time, in ms of CPU, where the run was probed. */
  readonly longestSliceMs: number | null;
  readonly newPayloads: number;
  readonly forkchoices: number;
}

const RUN_DEADLINE_MS = 600_000;
const OUTPUT_TAIL_CHARS = 4_000;

/** The prebuilt calls of the chain, one after the other. */
export async function floorRun(
  el: ElHandle,
  chain: readonly FixtureBlock[],
  prepared: readonly PreparedBlock[],
  costs: ElCosts,
): Promise<Run> {
  const { window } = await el.begin({
    genesis: genesisOf(chain),
    ...costs,
    fromNumber: 1,
    targetNumber: prepared.length,
  });
  await replay(el.url, prepared);
  return toRun(await window, null, null);
}

/** What a run of lockstep is measured on. */
export interface Rig {
  readonly children: Children;
  readonly el: ElHandle;
}

/** A new lockstep process from exec to the last block, ended afterwards. Measured from block `fromNumber` on. */
export async function lockstepRun(
  { children, el }: Rig,
  sourceUrl: string,
  chain: readonly FixtureBlock[],
  costs: ElCosts,
  { fromNumber = 1, probed = false }: { fromNumber?: number; probed?: boolean } = {},
): Promise<Run> {
  const { window } = await el.begin({
    genesis: genesisOf(chain),
    ...costs,
    fromNumber,
    targetNumber: chain.length - 1,
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-probe-'));
  const probeFile = probed ? path.join(folder, 'slices.json') : null;
  try {
    const ran = await withLockstep({ children, el }, { sourceUrl, probeFile }, async ({ startedNs, gone }) => ({
      window: await Promise.race([window, gone]),
      startedNs,
    }));
    return toRun(ran.window, ran.startedNs, probeFile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface RunningLockstep {
  readonly startedNs: number;
  /** Rejects when lockstep ends by itself or the deadline passes. */
  readonly gone: Promise<never>;
}

export interface LockstepSetup {
  readonly sourceUrl: string;
  readonly flags?: readonly string[];
  readonly probeFile?: string | null;
}

/** Runs `use` beside a new lockstep process, and ends that process whatever happens. */
export async function withLockstep<T>(
  { children, el }: Rig,
  { sourceUrl, flags = [], probeFile = null }: LockstepSetup,
  use: (running: RunningLockstep) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
  const secret = path.join(folder, 'jwt.hex');
  writeFileSync(secret, 'ab'.repeat(32), { mode: 0o600 });
  const where = ['--l2.follow.source', sourceUrl, '--l2', el.url, '--l2.jwt-secret', secret];
  const startedNs = monotonicNs();
  const child = children.lockstep(['run', ...where, '--log.level', 'warn', ...flags], folder, probeFile);
  const watch = watchdog(child);
  try {
    if (child.pid !== undefined) await el.watch(child.pid);
    return await use({ startedNs, gone: watch.gone });
  } finally {
    watch.stop();
    await children.end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Turns an early end of the process, or a run without end, into an error that carries the last output. */
function watchdog(child: ChildProcess): { gone: Promise<never>; stop: () => void } {
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_TAIL_CHARS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let stop = (): void => undefined;
  const gone = new Promise<never>((_resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`lockstep ${what}\n${output}`));
    const deadline = setTimeout(() => fail(`did not finish within ${RUN_DEADLINE_MS / 1_000} s`), RUN_DEADLINE_MS);
    const onClose = (code: number | null): void => fail(`ended by itself with exit code ${code ?? 'none'}`);
    child.once('close', onClose);
    stop = (): void => {
      clearTimeout(deadline);
      child.off('close', onClose);
    };
  });
  // It may reject when nobody waits for it any more.
  gone.catch(() => undefined);
  return { gone, stop };
}

export function genesisOf(chain: readonly FixtureBlock[]): GenesisRef {
  const [genesis] = chain;
  if (genesis === undefined) throw new Error('a chain begins with its genesis');
  const { hash, header } = genesis;
  return { hash, parentHash: header['parentHash'] ?? '', timestamp: header['timestamp'] ?? '' };
}

function toRun(window: ElWindow, startedNs: number | null, probeFile: string | null = null): Run {
  return {
    wallMs: (window.closedNs - window.openedNs) / 1e6,
    cpuMs: window.cpuNs === null ? null : window.cpuNs / 1e6,
    startMs: startedNs === null ? null : (window.firstPayloadNs - startedNs) / 1e6,
    memory: window.memory,
    longestSliceMs: probeFile === null ? null : longestSliceMs(probeFile, window),
    newPayloads: window.newPayloads,
    forkchoices: window.forkchoices,
  };
}

function longestSliceMs(probeFile: string, { openedNs, closedNs }: ElWindow): number {
  const slices = JSON.parse(readFileSync(probeFile, 'utf8')) as Slice[];
  return Math.max(0, ...slices.filter(({ atNs }) => atNs >= openedNs && atNs <= closedNs).map(({ ms }) => ms));
}
