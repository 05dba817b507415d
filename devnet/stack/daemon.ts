import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readHeads, readRef } from '../heads.js';
import { rpcClient } from '../rpc.js';
import { waitUntil } from '../wait-until.js';
import { serveControl, type Order } from './control.js';
import { startStack, type StackOptions } from './kinds.js';
import type { EndSignal, Stack, StackPart } from './stack.js';
import { DAEMON_LOG, isDevnetFolder, isRunning, markOf, writeState, type DevnetState } from './state-file.js';

/** From an OP Stack of cold programs on a busy machine to a first block on both sides. */
const FOLLOW_DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 1_000;
const FOLLOWS_WITHIN_BLOCKS = 2;

/**
 * Owns a devnet in its own process: starts it in a folder that it empties first, writes `state.json` whenever something
 * changes, carries out orders, and ends everything when `signal` aborts. `say` gets one line per event.
 */
export async function runDaemon(
  options: StackOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { dir: folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isDevnetFolder(folder)) throw new Error(`${folder} holds something that is not a devnet`);
  for (const entry of readdirSync(folder)) {
    if (entry !== DAEMON_LOG) rmSync(join(folder, entry), { recursive: true, force: true });
  }
  await new Daemon(options, say).run(signal);
}

class Daemon {
  private state: DevnetState;
  private busyWith: string | null = null;
  private readonly ended = new Set<number>();
  private failed = false;

  constructor(
    private readonly options: StackOptions,
    private readonly report: (line: string) => void,
  ) {
    const { kind, seed } = options;
    const startedAt = new Date().toISOString();
    this.state = {
      kind,
      seed,
      phase: 'starting',
      startedAt,
      readyAfterMs: null,
      daemon: markOf(process.pid),
      parts: [],
    };
    this.update({});
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.runStack(signal);
    } finally {
      this.update({ phase: 'down' });
    }
  }

  private async runStack(signal: AbortSignal): Promise<void> {
    const started: StackPart[] = [];
    const stack = await startStack(this.options, (part) => {
      started.push(part);
      this.say(`${part.name} is up: ${part.version}`);
      this.update({ parts: started.map(record) });
    });
    const control = await serveControl(this.options.dir, (order) => this.carryOut(stack, order));
    try {
      await waitUntil('lockstep follows', () => signal.aborted || follows(stack), FOLLOW_DEADLINE_MS);
      this.say('lockstep follows');
      this.update({ phase: 'ready', readyAfterMs: Math.round(performance.now()) });
      while (!signal.aborted) {
        this.reportEnded(stack);
        await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      control.close();
      await stack.close();
      this.say('everything has ended');
    }
  }

  /** One order at a time. */
  private async carryOut(stack: Stack, order: Order): Promise<void> {
    if (this.busyWith !== null) throw new Error(`it is busy: ${this.busyWith}`);
    this.busyWith = Object.values(order).join(' ');
    try {
      this.say(this.busyWith);
      if (order.order === 'reorg') await stack.reorg(order.depth);
      if (order.order === 'end' || order.order === 'restart') await this.end(stack, order.part, order.signal);
      if (order.order === 'start' || order.order === 'restart') await stack.start(order.part);
      this.update({ parts: stack.parts.map(record) });
    } finally {
      this.busyWith = null;
    }
  }

  private async end(stack: Stack, part: string, signal: EndSignal): Promise<void> {
    const ending = stack.parts.find(({ name }) => name === part);
    if (ending !== undefined) this.ended.add(ending.pid);
    await stack.end(part, signal);
  }

  private reportEnded(stack: Stack): void {
    if (this.busyWith !== null) return;
    for (const { name, pid, logFile } of stack.parts) {
      if (this.ended.has(pid) || isRunning(markOf(pid))) continue;
      this.ended.add(pid);
      this.say(`${name} has ended by itself; see ${logFile}`);
    }
    if (stack.failure !== null && !this.failed) {
      this.failed = true;
      const { failure } = stack;
      this.say(`no more blocks are made: ${failure instanceof Error ? failure.message : 'unknown reason'}`);
    }
  }

  private say(line: string): void {
    this.report(`${new Date().toISOString()} ${line}`);
  }

  private update(change: Partial<DevnetState>): void {
    this.state = { ...this.state, ...change };
    writeState(this.options.dir, this.state);
  }
}

function record(part: StackPart): DevnetState['parts'][number] {
  const { name, version, logFile, urls, restarts, el } = part;
  return { name, version, logFile, urls, restarts, el, ...markOf(part.pid) };
}

/** The follower has a block beyond genesis that is the source's, close to its head. */
async function follows(stack: Stack): Promise<boolean> {
  const clientOf = (name: string): ReturnType<typeof rpcClient> => {
    const http = stack.parts.find((part) => part.name === name)?.urls['http'];
    if (http === undefined) throw new Error(`no ${name}`);
    return rpcClient(http);
  };
  const [source, follower] = [clientOf('source'), clientOf('follower')];
  const { unsafe } = await readHeads(follower);
  const same = await readRef(source, unsafe.number);
  const { unsafe: head } = await readHeads(source);
  return unsafe.number > 0 && same?.hash === unsafe.hash && head.number - unsafe.number <= FOLLOWS_WITHIN_BLOCKS;
}
