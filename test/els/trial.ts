import { join } from 'node:path';
import type { RunningEl } from '../../devnet/els/el.js';
import { readHeads } from '../../devnet/heads.js';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { JsonObject } from '../../src/util/json.js';
import { Scratch } from '../devnet/scratch.js';
import { Command } from '../rig/command.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { loggedLines, untilLogged } from '../rig/follow-world.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';
import { BlockMaker, objectOf } from './block-maker.js';

/** The first start may have to build geth. */
export const START_TIMEOUT_MS = 900_000;
export const DEADLINE_MS = 120_000;

const QUICK = [...QUICK_FLAGS, '--log.level', 'debug'];

type Port = { readonly httpUrl: string };

interface Sides {
  readonly source: Port;
  readonly proxy: FaultProxy;
}

/** lockstep between ELs of its own for each test, and what an operator gets to see of it. */
export class Trial {
  readonly scratch = new Scratch();
  #proxies: FaultProxy[] = [];
  #locksteps: LockstepProcess[] = [];
  #runs = 0;

  /** The engine port of an EL behind a proxy that writes down what passes. */
  async watched(el: { readonly engineUrl: string }): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(el.engineUrl);
    this.#proxies.push(proxy);
    return proxy;
  }

  async follow({ source, proxy }: Sides): Promise<LockstepProcess> {
    await this.#stop();
    this.#runs += 1;
    const lockstep = await startLockstep({
      sourceUrl: source.httpUrl,
      engineUrl: proxy.url,
      jwtSecretFile: this.scratch.jwtSecretFile,
      logFile: join(this.scratch.dir, `lockstep-${this.#runs}.log`),
      cwd: this.scratch.dir,
      flags: QUICK,
    });
    this.#locksteps.push(lockstep);
    return lockstep;
  }

  /** The line with which a start ends; the exit code in it is the one of the process. */
  async refusedStart(sides: Sides): Promise<JsonObject> {
    const started = await this.follow(sides);
    const { code } = await started.exited;
    const [line] = loggedLines(started, { lvl: 'crit' });
    if (line?.['exit'] !== code) throw new Error(`exit ${code}, and logged ${JSON.stringify(line)}`);
    return line;
  }

  /** The rows of `check` that failed, and its exit code. */
  async check({ source, proxy }: Sides): Promise<{ exit: number | null; failed: readonly JsonObject[] }> {
    this.#runs += 1;
    const { dir, jwtSecretFile } = this.scratch;
    const sides = ['--l2.follow.source', source.httpUrl, '--l2', proxy.url, '--l2.jwt-secret', jwtSecretFile];
    const command = await Command.start(['check', '--json', ...sides], { cwd: dir, name: `check-${this.#runs}` });
    const exit = await command.ended();
    const rows = objectOf(command.lines()[0])['checks'] as readonly JsonObject[];
    return { exit, failed: rows.filter(({ result }) => result === 'fail') };
  }

  /** Ends what a test started besides its ELs. */
  async end(): Promise<void> {
    await this.#stop();
    await Promise.all(this.#proxies.splice(0).map((proxy) => proxy.close()));
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#locksteps.splice(0).map((lockstep) => lockstep.kill()));
  }
}

/** The line with which the hold begins. */
export async function held(lockstep: LockstepProcess, reason: string): Promise<JsonObject> {
  const fields = { msg: 'Holding: nothing changes in the EL', reason };
  await untilLogged(lockstep, fields, DEADLINE_MS);
  return objectOf(loggedLines(lockstep, fields)[0]);
}

export async function headOf({ httpUrl }: Port): Promise<number> {
  return (await readHeads(rpcClient(httpUrl))).unsafe.number;
}

export async function untilLevel(source: Port, follower: Port): Promise<void> {
  const hashOf = async ({ httpUrl }: Port): Promise<string> => (await readHeads(rpcClient(httpUrl))).unsafe.hash;
  const level = async (): Promise<boolean> => (await hashOf(source)) === (await hashOf(follower));
  await waitUntil('both sides show one head', level, DEADLINE_MS);
}

/** A chain of empty blocks on a new geth. */
export async function chainOf(el: RunningEl, blocks: number): Promise<BlockMaker> {
  const maker = new BlockMaker(el);
  for (let made = 0; made < blocks; made++) await maker.add();
  return maker;
}

/** The heights of the payloads that were sent. */
export function heightsSent({ log }: FaultProxy): readonly number[] {
  return log.payloads.map(({ number }) => Number(number));
}
