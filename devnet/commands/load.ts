import { setTimeout as wait } from 'node:timers/promises';
import { toNumber } from '../../src/util/hex.js';
import { isJsonObject } from '../../src/util/json.js';
import { createTraffic, type Traffic } from '../producer/traffic.js';
import type { RpcClient } from '../rpc.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import type { StackKind } from '../stack/kinds.js';
import { waitUntil } from '../wait-until.js';

export interface LoadOptions {
  readonly root: string;
  readonly kind: StackKind | null;
  readonly perSecond: number;
  /** Infinity: until the signal. */
  readonly forMs: number;
}

const BATCHES_PER_SECOND = 4;

/** The pool keeps 16 transactions per sender for sure; beyond this many it is let run dry. */
const POOL_MAX_SECONDS = 10;
const POOL_MAX_LEAST = 64;
const RETRY_MS = 500;
const REPORT_EVERY_MS = 10_000;
const DRAIN_DEADLINE_MS = 15_000;
const ANSWER_DEADLINE_MS = 60_000;

/** `devnet load`: signed user transactions of types 0, 1, 2 and 4 into the pool of the source. True when any got in. */
export async function load(options: LoadOptions, say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const devnet = RunningDevnet.open(options.root, options.kind);
  if (!devnet.takesTransactions) {
    throw new Error(`the blocks of the ${devnet.kind} devnet are filled by itself: \`devnet up --txs\` says how full`);
  }
  return new Load(devnet, options, say).run(signal);
}

class Load {
  private readonly source: RpcClient;
  private readonly traffic: Traffic;
  private readonly batchSize: number;
  /** Sets the randomness of this run apart from that of an earlier one on the same chain. */
  private readonly branch = Date.now();
  private readonly refusals = new Map<string, number>();
  private nonces: readonly number[] | null = null;
  private accepted = 0;
  private pauses = 0;
  private outages = 0;

  constructor(
    devnet: RunningDevnet,
    private readonly options: LoadOptions,
    private readonly say: (line: string) => void,
  ) {
    this.source = devnet.source;
    this.batchSize = Math.max(1, Math.round(options.perSecond / BATCHES_PER_SECOND));
    this.traffic = createTraffic({
      seed: devnet.seed,
      chainId: devnet.chainId,
      txsPerBlock: this.batchSize,
      blobs: false,
      requests: false,
    });
  }

  async run(signal: AbortSignal): Promise<boolean> {
    const before = await this.included();
    const startedAt = performance.now();
    const endsAt = startedAt + this.options.forMs;
    const periodMs = (1_000 * this.batchSize) / this.options.perSecond;
    let reportAt = startedAt + REPORT_EVERY_MS;
    let next = startedAt;
    for (let batch = 1; performance.now() < endsAt && !signal.aborted; batch++) {
      await this.sendBatch(batch).catch(async () => {
        this.outages += 1;
        this.nonces = null;
        await wait(RETRY_MS);
      });
      if (performance.now() >= reportAt) {
        this.say(`accepted ${this.accepted}, refused ${sum([...this.refusals.values()])}`);
        reportAt += REPORT_EVERY_MS;
      }
      next = Math.max(next + periodMs, performance.now());
      await wait(next - performance.now(), undefined, { signal }).catch(() => undefined);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await waitUntil('the pool is empty', async () => (await this.pooled()) === 0, DRAIN_DEADLINE_MS).catch(
      () => undefined,
    );
    const included = (await this.included()) - before;
    this.say(
      `${included} transactions got into blocks in ${seconds.toFixed(0)} s: ${(included / seconds).toFixed(1)}/s`,
    );
    this.say(
      `accepted ${this.accepted}, pauses for a full pool ${this.pauses}, source unreachable ${this.outages} times`,
    );
    for (const [reason, count] of this.refusals) this.say(`refused ${count}: ${reason}`);
    return included > 0;
  }

  private async sendBatch(batch: number): Promise<void> {
    const limit = Math.max(POOL_MAX_LEAST, POOL_MAX_SECONDS * this.options.perSecond);
    if ((await this.pooled()) > limit) {
      this.pauses += 1;
      return;
    }
    this.nonces ??= await this.noncesAt('pending');
    const { transactions, nonces } = this.traffic.block(batch, this.branch, this.nonces);
    const calls = transactions.map(({ raw }) => ({ method: 'eth_sendRawTransaction', params: [raw] }));
    const outcomes = await this.source.batch(calls);
    this.nonces = nonces;
    for (const outcome of outcomes) {
      if (outcome.ok) this.accepted += 1;
      else {
        // Later ones of that sender cannot get in before it: start from what the pool has.
        this.nonces = null;
        this.refusals.set(outcome.message, (this.refusals.get(outcome.message) ?? 0) + 1);
      }
    }
  }

  /** How many transactions of the senders are in blocks. A source that is being restarted is waited for. */
  private async included(): Promise<number> {
    const read = async (): Promise<readonly number[]> => this.noncesAt('latest');
    return sum(await waitUntil('the source answers', read, ANSWER_DEADLINE_MS));
  }

  private async pooled(): Promise<number> {
    const status = await this.source.call('txpool_status', []);
    if (!isJsonObject(status)) throw new Error('the source answered no pool status');
    return (toNumber(status['pending']) ?? 0) + (toNumber(status['queued']) ?? 0);
  }

  private async noncesAt(tag: 'latest' | 'pending'): Promise<readonly number[]> {
    const method = 'eth_getTransactionCount';
    const outcomes = await this.source.batch(this.traffic.senders.map((sender) => ({ method, params: [sender, tag] })));
    return outcomes.map((outcome) => {
      const nonce = outcome.ok ? toNumber(outcome.result) : undefined;
      if (nonce === undefined) throw new Error('the source answered no nonce');
      return nonce;
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
