import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { launchEl, type ElKind, type RunningEl } from '../../../devnet/els/el.js';
import type { Genesis } from '../../../devnet/genesis.js';
import { rpcClient } from '../../../devnet/rpc.js';
import type { Children } from '../children.js';
import { cpuTimeNs, monotonicNs, residentBytes } from '../cpu-time.js';
import { nextReport, type SourceHandle } from '../stubs.js';
import type { FollowerArguments, FollowerMode, FollowerReport } from './follower-main.js';

export type Mode = FollowerMode | 'lockstep';

/** One catch-up of an empty EL, from the first block to the last. */
export interface ElRun {
  readonly msPerBlock: number;
  /** CPU of the EL and of who drives it, per block. */
  readonly elCpuMs: number;
  readonly followerCpuMs: number;
  readonly followerPeakBytes: number;
}

export interface Chain {
  readonly genesis: Genesis;
  readonly file: string;
  readonly blocks: number;
}

/** Each look is work for the EL as well: there are few of them until the end is near. */
const LOOK_WITHIN_MS = { least: 5, most: 250 };
const LOOKS_UNTIL_THE_END = 4;
const RUN_DEADLINE_MS = 300_000;

/** An empty EL on files of its own; `use` is given it, and nothing is left of it afterwards. */
export async function withEl<T>(kind: ElKind, genesis: Genesis, use: (el: RunningEl) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-el-'));
  const jwtSecretFile = path.join(dataDir, 'jwt.hex');
  writeFileSync(jwtSecretFile, 'cd'.repeat(32), { mode: 0o600 });
  try {
    const el = await launchEl(kind, { dataDir, genesis, jwtSecretFile, cParts: 'with C' });
    try {
      return await use(el);
    } finally {
      await el.kill();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A follower that is not lockstep, on an EL that is empty. */
export async function followerRun(
  children: Children,
  el: RunningEl,
  chain: Chain,
  sourceUrl: string,
  mode: FollowerMode,
): Promise<ElRun> {
  const { engineUrl, jwtSecretFile } = el;
  const told: FollowerArguments = {
    ...{ mode, sourceUrl, engineUrl, jwtSecretFile },
    ...{ chainFile: chain.file, blocks: chain.blocks },
  };
  const child = children.stub('els/follower-main.js', [JSON.stringify(told)]);
  try {
    await nextReport<Extract<FollowerReport, { kind: 'ready' }>>(child, 'ready');
    const done = nextReport<Extract<FollowerReport, { kind: 'done' }>>(child, 'done');
    const pid = pidOf(child.pid);
    const before = [cpuTimeNs(el.pid), cpuTimeNs(pid)] as const;
    child.send('go');
    const { startedNs, endedNs } = await done;
    return figures({ el: el.pid, follower: pid }, before, endedNs - startedNs, chain.blocks);
  } finally {
    await children.end(child);
  }
}

/** lockstep on an EL that is empty, from its first question for a body on. */
export async function lockstepElRun(
  children: Children,
  el: RunningEl,
  chain: Chain,
  source: SourceHandle,
): Promise<ElRun> {
  const begun = source.firstBody();
  return runLockstep(children, el, source.url, async (pid, gone) => {
    const { atNs } = await Promise.race([begun, gone]);
    const before = [cpuTimeNs(el.pid), cpuTimeNs(pid)] as const;
    await Promise.race([untilHead(el, chain.blocks), gone]);
    return figures({ el: el.pid, follower: pid }, before, monotonicNs() - atNs, chain.blocks);
  });
}

/** The same where the source is an EL too, and tells nothing: from the first head that the other EL shows on. */
export async function lockstepBetween(
  children: Children,
  source: RunningEl,
  el: RunningEl,
  blocks: number,
): Promise<ElRun> {
  return runLockstep(children, el, source.httpUrl, async (pid, gone) => {
    const first = await Promise.race([untilHead(el, 1), gone]);
    const startedNs = monotonicNs();
    const before = [cpuTimeNs(el.pid), cpuTimeNs(pid)] as const;
    await Promise.race([untilHead(el, blocks), gone]);
    return figures({ el: el.pid, follower: pid }, before, monotonicNs() - startedNs, blocks - first);
  });
}

async function runLockstep<T>(
  children: Children,
  el: RunningEl,
  sourceUrl: string,
  use: (pid: number, gone: Promise<never>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
  const where = ['--l2.follow.source', sourceUrl, '--l2', el.engineUrl, '--l2.jwt-secret', el.jwtSecretFile];
  const child = children.lockstep(['run', ...where, '--log.level', 'warn'], folder);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-4_000)));
  }
  const gone = new Promise<never>((_resolve, reject) => {
    child.once('close', (code) => reject(new Error(`lockstep ended by itself (exit code ${code})\n${output}`)));
  });
  gone.catch(() => undefined);
  try {
    return await use(pidOf(child.pid), gone);
  } finally {
    await children.end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves to the head of the EL, once that is `number` or higher. */
async function untilHead(el: RunningEl, number: number): Promise<number> {
  const rpc = rpcClient(el.httpUrl);
  const startedAt = performance.now();
  for (;;) {
    const head = Number(await rpc.call('eth_blockNumber', []));
    if (head >= number) return head;
    const passedMs = performance.now() - startedAt;
    if (passedMs > RUN_DEADLINE_MS) throw new Error(`the EL stands at ${head} and does not reach ${number}`);
    const leftMs = head === 0 ? 0 : ((number - head) / head) * passedMs;
    const { least, most } = LOOK_WITHIN_MS;
    await wait(Math.max(least, Math.min(most, leftMs / LOOKS_UNTIL_THE_END)));
  }
}

function figures(
  pids: { readonly el: number; readonly follower: number },
  [elBefore, followerBefore]: readonly [number, number],
  wallNs: number,
  blocks: number,
): ElRun {
  const perBlock = (ns: number): number => ns / 1e6 / blocks;
  return {
    msPerBlock: perBlock(wallNs),
    elCpuMs: perBlock(cpuTimeNs(pids.el) - elBefore),
    followerCpuMs: perBlock(cpuTimeNs(pids.follower) - followerBefore),
    followerPeakBytes: residentBytes(pids.follower).peakBytes,
  };
}

function pidOf(pid: number | undefined): number {
  if (pid === undefined) throw new Error('a child without a pid');
  return pid;
}
