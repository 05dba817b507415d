import { setTimeout as wait } from 'node:timers/promises';
import type { Heads } from '../../src/chain/block.js';
import { readBlock } from '../blocks.js';
import { readRef } from '../heads.js';
import { processFacts } from '../process/process-facts.js';
import type { StackKind } from '../stack/kinds.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import { agree, LABELS } from '../view/snapshot.js';
import { table } from '../view/table.js';
import { waitUntil } from '../wait-until.js';
import { LogErrors } from './log-errors.js';

export interface WatchOptions {
  readonly root: string;
  readonly kind: StackKind | null;
  /** Infinity: until the signal. */
  readonly forMs: number;
}

const SAMPLE_EVERY_MS = 1_000;
const REPORT_EVERY_MS = 60_000;
const AGREEMENT_DEADLINE_MS = 15_000;
const ANSWER_DEADLINE_MS = 60_000;
const DEPOSIT_TYPE = '0x7e';

/**
 * `devnet watch`: samples both sides every second and sums up at the end. False when the follower ever showed a block
 * that is not the source's, did not advance, or does not stand where the source stands in the end.
 */
export async function watch(options: WatchOptions, say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const devnet = RunningDevnet.open(options.root, options.kind);
  return new Watch(devnet, say).run(options.forMs, signal);
}

class Watch {
  private readonly lags: number[] = [];
  private readonly mismatches: string[] = [];
  private readonly errors: LogErrors;
  private maxLagSeconds = 0;
  private readonly maxLabelLag = { safe: 0, finalized: 0 };
  private maxResidentBytes = 0;
  private samples = 0;
  private away = 0;
  private countedTo = 0;
  private userTransactions = 0;

  constructor(
    private readonly devnet: RunningDevnet,
    private readonly say: (line: string) => void,
  ) {
    this.errors = new LogErrors(devnet.part('lockstep').logFile);
  }

  async run(forMs: number, signal: AbortSignal): Promise<boolean> {
    const first = await this.followerHeads();
    const restartsBefore = this.restarts();
    const residentBefore = this.resident();
    this.countedTo = first.unsafe.number;
    const startedAt = performance.now();
    let reportAt = startedAt + REPORT_EVERY_MS;
    while (performance.now() - startedAt < forMs && !signal.aborted) {
      const sampledAt = performance.now();
      await this.sample().catch(() => (this.away += 1));
      if (performance.now() >= reportAt) {
        this.say(`${this.countedTo - first.unsafe.number} blocks, lag now ${this.lags.at(-1) ?? '-'}`);
        reportAt += REPORT_EVERY_MS;
      }
      const pauseMs = Math.max(0, SAMPLE_EVERY_MS - (performance.now() - sampledAt));
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const last = await waitUntil('both sides agree', () => this.agreed(), AGREEMENT_DEADLINE_MS).catch(() => null);
    const blocks = (last ?? (await this.followerHeads())).unsafe.number - first.unsafe.number;
    this.say(this.summary(seconds, blocks, residentBefore, this.restarts() - restartsBefore, last));
    return last !== null && blocks > 0 && this.mismatches.length === 0;
  }

  /** A follower that is being restarted is waited for. */
  private followerHeads(): Promise<Heads> {
    return waitUntil('the follower answers', () => this.devnet.followerHeads(), ANSWER_DEADLINE_MS);
  }

  private async agreed(): Promise<Heads | null> {
    const [source, follower] = await Promise.all([this.devnet.sourceHeads(), this.devnet.followerHeads()]);
    return agree(source, follower) ? follower : null;
  }

  private async sample(): Promise<void> {
    this.maxResidentBytes = Math.max(this.maxResidentBytes, this.resident());
    const [source, follower] = await Promise.all([this.devnet.sourceHeads(), this.devnet.followerHeads()]);
    this.samples += 1;
    this.lags.push(Math.max(0, source.unsafe.number - follower.unsafe.number));
    this.maxLagSeconds = Math.max(this.maxLagSeconds, source.unsafe.timestamp - follower.unsafe.timestamp);
    for (const label of ['safe', 'finalized'] as const) {
      const lag = (source[label]?.number ?? 0) - (follower[label]?.number ?? 0);
      this.maxLabelLag[label] = Math.max(this.maxLabelLag[label], lag);
    }
    await this.compare(follower);
    await this.countTransactions(follower.unsafe.number);
  }

  /** A source that reorganises between two reads is not a mismatch: it has to last until the follower is read again. */
  private async compare(follower: Heads): Promise<void> {
    for (const label of LABELS) {
      const ours = follower[label];
      if (ours === null) continue;
      const theirs = await readRef(this.devnet.source, ours.number);
      if (theirs === null || theirs.hash === ours.hash) continue;
      const again = (await this.devnet.followerHeads())[label];
      if (again?.hash !== ours.hash) continue;
      this.mismatches.push(`${label} ${ours.number}: source ${theirs.hash}, follower ${ours.hash}`);
      this.say(`MISMATCH at ${this.mismatches.at(-1) ?? ''}`);
    }
  }

  private async countTransactions(head: number): Promise<void> {
    while (this.countedTo < head) {
      const { transactions } = await readBlock(this.devnet.follower, this.countedTo + 1);
      this.userTransactions += transactions.filter(({ type }) => type !== DEPOSIT_TYPE).length;
      this.countedTo += 1;
    }
  }

  private restarts(): number {
    return this.devnet.state.parts.reduce((total, { restarts }) => total + restarts, 0);
  }

  private resident(): number {
    return processFacts(this.devnet.part('lockstep').pid)?.residentBytes ?? 0;
  }

  private summary(seconds: number, blocks: number, before: number, restarts: number, last: Heads | null): string {
    const mean = this.lags.reduce((total, lag) => total + lag, 0) / Math.max(1, this.lags.length);
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    const { errors, warnings, examples } = this.errors.read();
    const end = LABELS.map((label) => `${label} ${last?.[label]?.number ?? '-'}`).join(', ');
    return table([
      ['time', `${seconds.toFixed(0)} s, ${this.samples} samples, ${this.away} more while a side was away`],
      ['blocks', String(blocks)],
      ['user transactions', String(this.userTransactions)],
      ['unsafe lag', `mean ${mean.toFixed(2)}, max ${Math.max(0, ...this.lags)} blocks; max ${this.maxLagSeconds} s`],
      ['label lag', `max ${this.maxLabelLag.safe} blocks (safe), ${this.maxLabelLag.finalized} blocks (finalized)`],
      ['mismatches', String(this.mismatches.length)],
      ['restarts of parts', String(restarts)],
      [
        'lockstep RSS',
        `${mebibytes(before)} -> ${mebibytes(this.resident())}, max ${mebibytes(this.maxResidentBytes)}`,
      ],
      ['lockstep logged', `${errors} errors, ${warnings} warnings`],
      ...examples.map((example) => ['', example]),
      ['in the end', last === null ? 'NOT EQUAL' : `equal: ${end}`],
    ]);
  }
}
