import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ElAccess } from '../../../devnet/els/el.js';
import { ALL_AT_GENESIS } from '../../../devnet/op-stack/genesis.js';
import { startOpStack } from '../../../devnet/op-stack/op-stack.js';
import { rpcClient } from '../../../devnet/rpc.js';
import type { Stack, StackPart } from '../../../devnet/stack/stack.js';
import type { Children } from '../children.js';
import { cpuTimeNs, residentBytes } from '../cpu-time.js';
import { leastResult, type Result, type ResultName } from '../results.js';
import { CallCounter } from './call-counter.js';
import { delays, HeadTimes } from './head-times.js';
import { LabelTimes } from './label-times.js';

/** Where lockstep has heads and labels from: the source pushes them, they are looked for, or op-node tells them. */
export const WAYS = ['pushed', 'polled', 'cl'] as const;

export type Way = (typeof WAYS)[number];

const SETTLE_MS = 20_000;
const LABELS_EVERY_MS = 50;
/** This part of the time goes to the count of calls, through relays that the timed part does without. */
const COUNTED_SHARE = 0.2;

/** B10: lockstep at the head of an OP Stack with one block per second. */
export async function measureRest(children: Children, ways: readonly Way[], durationMs: number): Promise<Result[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-rest-'));
  try {
    const options = { dir, seed: 'bench', forks: ALL_AT_GENESIS, follower: 'op-geth' as const };
    const flags = ['--log.level', 'warn'];
    const stack = await startOpStack({ ...options, followConsensus: false, lockstepFlags: flags }, () => undefined);
    try {
      await stack.end('lockstep', 'SIGTERM');
      const rest = new Rest(children, stack, dir);
      const results: Result[] = [];
      for (const way of ways) results.push(...(await rest.measure(way, durationMs)));
      return results;
    } finally {
      await stack.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Endpoints {
  readonly source: string;
  readonly engine: string;
  readonly cl: string;
}

class Rest {
  readonly #children: Children;
  readonly #stack: Stack;
  readonly #dir: string;

  constructor(children: Children, stack: Stack, dir: string) {
    this.#children = children;
    this.#stack = stack;
    this.#dir = dir;
  }

  async measure(way: Way, durationMs: number): Promise<Result[]> {
    const named = (suffix: string, name: string): Pick<ResultName, 'id' | 'name'> => ({
      id: way === 'pushed' ? `B10.${suffix}` : `B10.${way}.${suffix}`,
      name: `at rest, ${way}: ${name}`,
    });
    const callsPerSecond = await this.#callsPerSecond(way, durationMs * COUNTED_SHARE);
    const { cpuPercent, rssMb, headMs, labelsS } = await this.#watch(way, durationMs * (1 - COUNTED_SHARE));
    return [
      leastResult({ ...named('cpu', 'CPU'), unit: '%', gate: 1, aim: 0.4 }, [cpuPercent]),
      leastResult({ ...named('rss', 'RSS'), unit: 'MB', gate: 110, aim: 85 }, [rssMb]),
      meanResult({ ...named('head', 'head delay, mean'), unit: 'ms', gate: 10, aim: 3 }, headMs),
      meanResult({ ...named('labels', 'label delay, mean'), unit: 's', gate: 1, aim: 0.3 }, labelsS),
      leastResult({ ...named('calls', 'calls to source and EL'), unit: '/s', gate: 9, aim: 5 }, [callsPerSecond]),
    ];
  }

  async #callsPerSecond(way: Way, durationMs: number): Promise<number> {
    const { source, engine, cl } = this.#endpoints();
    const counters = await Promise.all([source, engine, cl].map((url) => CallCounter.before(url)));
    const [toSource, toEngine, toCl] = counters;
    if (toSource === undefined || toEngine === undefined || toCl === undefined) throw new Error('a relay is missing');
    try {
      return await this.#run(way, { source: toSource.url, engine: toEngine.url, cl: toCl.url }, async () => {
        for (const { calls } of counters) calls.clear();
        await wait(durationMs);
        const counted = [toSource, toEngine, toCl].flatMap(({ calls }) => [...calls]);
        const perSecond = (count: number): number => (count / durationMs) * 1_000;
        const told = counted.map(([method, count]) => `${method} ${perSecond(count).toFixed(2)}`);
        process.stderr.write(`  calls per second, ${way}: ${told.join(', ')}\n`);
        return perSecond(counted.reduce((sum, [, count]) => sum + count, 0));
      });
    } finally {
      for (const counter of counters) counter.close();
    }
  }

  async #watch(
    way: Way,
    durationMs: number,
  ): Promise<{ cpuPercent: number; rssMb: number; headMs: number[]; labelsS: number[] }> {
    const heads = [
      await HeadTimes.watch(this.#access('source')),
      await HeadTimes.watch(this.#access('follower')),
    ] as const;
    const labels = [this.#labels('source'), this.#labels('follower')] as const;
    try {
      return await this.#run(way, this.#endpoints(), async (pid) => {
        for (const { seen } of heads) seen.clear();
        const cpuBefore = cpuTimeNs(pid);
        const endsAt = performance.now() + durationMs;
        while (performance.now() < endsAt) {
          await Promise.all(labels.map((side) => side.look()));
          await wait(LABELS_EVERY_MS);
        }
        return {
          cpuPercent: ((cpuTimeNs(pid) - cpuBefore) / 1e6 / durationMs) * 100,
          rssMb: residentBytes(pid).nowBytes / 1e6,
          headMs: delays(heads[0].seen, heads[1].seen),
          labelsS: delays(labels[0].seen, labels[1].seen)
            .filter((ms) => !Number.isNaN(ms))
            .map((ms) => ms / 1_000),
        };
      });
    } finally {
      for (const side of heads) side.close();
    }
  }

  /** Runs `use` when lockstep has been at the head for a while. */
  async #run<T>(way: Way, at: Endpoints, use: (pid: number) => Promise<T>): Promise<T> {
    const ways: Readonly<Record<Way, readonly string[]>> = {
      pushed: ['--l2.follow.source.ws', at.source.replace(/^http/, 'ws')],
      polled: [],
      cl: ['--l2.follow.source.cl', at.cl],
    };
    const secret = this.#access('follower').jwtSecretFile;
    const where = ['--l2.follow.source', at.source, '--l2', at.engine, '--l2.jwt-secret', secret];
    const child = this.#children.lockstep(['run', ...where, '--log.level', 'warn', ...ways[way]], this.#dir);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const gone = new Promise<never>((_resolve, reject) => {
      child.once('close', () => reject(new Error(`lockstep ended by itself\n${output.slice(-4_000)}`)));
    });
    gone.catch(() => undefined);
    try {
      await Promise.race([wait(SETTLE_MS), gone]);
      return await Promise.race([use(child.pid ?? 0), gone]);
    } finally {
      await this.#children.end(child);
    }
  }

  #endpoints(): Endpoints {
    return {
      source: this.#url('source', 'http'),
      engine: this.#url('follower', 'engine'),
      cl: this.#url('op-node', 'rpc'),
    };
  }

  #labels(part: 'source' | 'follower'): LabelTimes {
    return new LabelTimes(rpcClient(this.#url(part, 'http')));
  }

  #access(name: 'source' | 'follower'): ElAccess {
    const { el } = this.#part(name);
    if (el === null) throw new Error(`${name} is no execution client`);
    return { ...el, httpUrl: this.#url(name, 'http'), engineUrl: this.#url(name, 'engine') };
  }

  #url(part: string, service: string): string {
    const url = this.#part(part).urls[service];
    if (url === undefined) throw new Error(`${part} serves no ${service}`);
    return url;
  }

  #part(name: string): StackPart {
    const part = this.#stack.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`the stack has no ${name}`);
    return part;
  }
}

/** The mean of what was seen in one run. */
function meanResult(name: ResultName, samples: readonly number[]): Result {
  const value = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  return { ...leastResult(name, samples), value, passed: name.gate === null || value <= name.gate };
}
