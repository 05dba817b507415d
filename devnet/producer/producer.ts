import type { BlockRef, Labels } from '../../src/chain/block.js';
import { toHash, toNumber, type Hash } from '../../src/util/hex.js';
import { isOpStack, type ElAccess } from '../els/el.js';
import { readHeads, readRef } from '../heads.js';
import { ALL_AT_GENESIS, type OpForkSchedule } from '../op-stack/genesis.js';
import { opRules } from '../op-stack/rules.js';
import { rpcClient, type RpcClient } from '../rpc.js';
import { createBuilder, type Builder } from './builder.js';
import type { BlockPlace, ChainRules } from './chain-rules.js';
import { engineDriver, type BuiltBlock, type EngineDriver } from './engine-driver.js';
import { ethereumRules } from './ethereum-rules.js';
import { Ticker } from './ticker.js';
import { createTraffic, type Traffic } from './traffic.js';

export interface ProducerOptions {
  /** Must be the seed of the genesis: it decides who is funded, and all transactions. */
  readonly seed: string;
  readonly txsPerBlock: number;
  /** How many blocks the safe and the finalized label trail behind the head; they start at genesis. */
  readonly safeDistance: number;
  readonly finalizedDistance: number;
  readonly blockTimeMs: number;
  /** fixed: timestamps advance by the block time, so that equal chains have equal hashes. wall: they follow the clock. */
  readonly clock?: 'fixed' | 'wall';
  readonly blobs?: boolean;
  readonly requests?: boolean;
  /** The height of one block with a payload above 5 MiB; no block that holds blobs. */
  readonly largeBlockAt?: number;
  /** Of an OP Stack chain, and those of its genesis: everything at genesis unless said. */
  readonly forks?: OpForkSchedule;
}

/** Where the labels are to stand, as heights. */
export interface LabelHeights {
  readonly safe: number;
  readonly finalized: number;
}

/** What a producer does with the labels: they trail the head, stand still, or are left as the EL has them. */
export type LabelPolicy = LabelHeights | 'trail' | 'keep';

/** Where a producer begins. */
export interface Beginning {
  /** Blocks of different branches differ, also at one height on one parent. */
  readonly branch?: number;
  readonly labels?: LabelPolicy;
}

/** A forkchoice without labels changes none (engines-measured 2.C). */
const NO_LABELS: Labels = { safe: null, finalized: null };

const HISTORY_MAX_BLOCKS = 4_096;

/** How far geth takes its head back by one forkchoice, unless a flag says more (engines-measured 1.1). */
const REWIND_STEP_BLOCKS = 32;

/** Connects to an EL and drives it; nobody else may drive it meanwhile. */
export async function createProducer(
  el: ElAccess,
  options: ProducerOptions,
  { branch = 0, labels = 'trail' }: Beginning = {},
): Promise<Producer> {
  const http = rpcClient(el.httpUrl);
  const driver = engineDriver(rpcClient(el.engineUrl, el.jwtSecretFile));
  const { unsafe } = await readHeads(http);
  const rules = isOpStack(el.kind) ? await opStackRules(http, options) : ethereumRules(options.seed);
  const builder = createBuilder(el.kind, http, driver);
  const producer = new Producer(unsafe, branch, options, http, driver, rules, builder);
  // The first forkchoice after a start must name the current head (engines-measured 1.12).
  await producer.setLabels(labels);
  return producer;
}

async function opStackRules(http: RpcClient, { seed, blobs, requests, forks }: ProducerOptions): Promise<ChainRules> {
  if (blobs === true || requests === true) throw new Error('an OP Stack chain has no blobs and no requests');
  const genesis = await readRef(http, 0);
  if (genesis === null) throw new Error('the EL has no genesis block');
  return opRules({ seed, forks: forks ?? ALL_AT_GENESIS, genesisTimestamp: genesis.timestamp });
}

/** Makes the blocks of a source. Everything but the `wall` clock is decided by the options. */
export class Producer {
  private tip: BlockRef;
  private standing: Labels = NO_LABELS;
  private readonly everMade = new Set<Hash>();
  private heights: LabelPolicy = 'trail';
  /** Of the senders at the head; null when they have to be read. */
  private nonces: readonly number[] | null = null;
  private readonly history = new Map<number, BlockRef>();
  private readonly traffic: Traffic;
  private readonly ticker: Ticker;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    tip: BlockRef,
    /** Counts the forks: blocks of different branches differ in fee recipient, randomness and transactions. */
    private branch: number,
    private readonly options: ProducerOptions,
    private readonly http: RpcClient,
    private readonly driver: EngineDriver,
    private readonly rules: ChainRules,
    private readonly builder: Builder,
  ) {
    this.tip = tip;
    this.remember(tip);
    this.traffic = createTraffic({
      seed: options.seed,
      chainId: rules.chainId,
      txsPerBlock: options.txsPerBlock,
      blobs: options.blobs ?? false,
      requests: options.requests ?? false,
      largeBlockAt: options.largeBlockAt,
    });
    this.ticker = new Ticker(options.blockTimeMs, () => this.produce(1));
  }

  get head(): BlockRef {
    return this.tip;
  }

  get labels(): Labels {
    return this.standing;
  }

  /** Every block that it made, also of branches that it has left. */
  get made(): ReadonlySet<Hash> {
    return this.everMade;
  }

  /** Adds `count` blocks as fast as the EL builds them, and returns them. */
  produce(count: number): Promise<readonly BlockRef[]> {
    return this.inOrder(() => this.extend(count));
  }

  /** One block per block time, until {@link stop} or until there are `count` more. */
  start(count = Number.POSITIVE_INFINITY): void {
    this.ticker.start(count);
  }

  /** What made the ticker give up, or null. */
  get failure(): unknown {
    return this.ticker.failure;
  }

  /** Waits for the block in work. */
  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Puts the labels at fixed heights from now on, lets them trail the head again, or leaves them alone. */
  setLabels(heights: LabelPolicy): Promise<void> {
    return this.inOrder(async () => {
      this.heights = heights;
      await this.moveTo(this.tip, this.tip.number);
    });
  }

  /**
   * Reorganises the EL: blocks above `atNumber` are replaced by `length` others, and later blocks extend those.
   * Labels above `atNumber` step back to it first, also the finalized one: a source may misbehave like that.
   */
  fork(atNumber: number, length: number): Promise<readonly BlockRef[]> {
    return this.inOrder(async () => {
      await this.branchOff(atNumber);
      return this.extend(length);
    });
  }

  /**
   * Takes the head of the EL back to a block of its own chain, so that nothing stands above it; later blocks are of
   * another branch. @throws Error where the EL can do that in no way (reth, op-reth: engines-measured 1.1).
   */
  rewind(atNumber: number): Promise<void> {
    return this.inOrder(async () => {
      await this.branchOff(atNumber);
      if ((await readHeads(this.http)).unsafe.hash === this.tip.hash) return;
      await this.http.call('debug_setHead', [toQuantity(atNumber)]);
      await this.moveTo(this.tip, atNumber);
      const { unsafe } = await readHeads(this.http);
      if (unsafe.hash !== this.tip.hash) throw new Error(`the EL stays at ${unsafe.number}, above ${atNumber}`);
    });
  }

  /** Where forkchoices can, they take the head of the EL along; else only the next block is built elsewhere. */
  private async branchOff(atNumber: number): Promise<void> {
    await this.moveTo(this.tip, atNumber);
    for (let step = this.tip.number - REWIND_STEP_BLOCKS; step > atNumber; step -= REWIND_STEP_BLOCKS) {
      await this.moveTo(await this.refAt(step), atNumber);
    }
    await this.moveTo(await this.refAt(atNumber), atNumber);
    for (const number of this.history.keys()) if (number > atNumber) this.history.delete(number);
    this.branch += 1;
    this.nonces = null;
  }

  private async extend(count: number): Promise<readonly BlockRef[]> {
    const made: BlockRef[] = [];
    for (let index = 0; index < count; index++) {
      const block = await this.build();
      await this.driver.newPayload(block);
      const ref = refOf(block);
      this.remember(ref);
      this.everMade.add(ref.hash);
      await this.moveTo(ref, ref.number);
      made.push(ref);
    }
    return made;
  }

  private async build(): Promise<BuiltBlock> {
    const parent = this.tip;
    const number = parent.number + 1;
    const place: BlockPlace = { parent, number, timestamp: this.nextTimestamp(), branch: this.branch };
    const before = this.nonces ?? (await this.noncesAt(parent));
    const { transactions, nonces } = this.traffic.block(number, this.branch, before, this.rules.admitted(place));
    const block = await this.builder({
      parent,
      labels: this.standing,
      fork: this.rules.engineFork(place),
      attributes: this.rules.attributes(place),
      transactions,
    });
    this.nonces = nonces;
    return block;
  }

  private nextTimestamp(): number {
    const seconds = Math.max(1, Math.round(this.options.blockTimeMs / 1000));
    if (this.options.clock !== 'wall') return this.tip.timestamp + seconds;
    return Math.max(this.tip.timestamp + 1, Math.floor(Date.now() / 1000));
  }

  /** Makes `head` the head; no label goes above `limit`. */
  private async moveTo(head: BlockRef, limit: number): Promise<void> {
    const trail = {
      safe: head.number - this.options.safeDistance,
      finalized: head.number - this.options.finalizedDistance,
    };
    const wanted = this.heights === 'trail' || this.heights === 'keep' ? trail : this.heights;
    const safe = Math.max(0, Math.min(wanted.safe, limit));
    const finalized = Math.max(0, Math.min(wanted.finalized, safe));
    const kept = this.heights === 'keep';
    const labels = kept ? NO_LABELS : { safe: await this.refAt(safe), finalized: await this.refAt(finalized) };
    await this.driver.forkchoice(head, labels);
    this.tip = head;
    this.standing = labels;
  }

  private async refAt(number: number): Promise<BlockRef> {
    const ref = this.history.get(number) ?? (await readRef(this.http, number));
    if (ref === null) throw new Error(`the EL has no block ${number}`);
    return ref;
  }

  private remember(ref: BlockRef): void {
    this.history.set(ref.number, ref);
    this.history.delete(ref.number - HISTORY_MAX_BLOCKS);
  }

  /** An EL may have lost the state of an old block, which only transactions need. */
  private async noncesAt(block: BlockRef): Promise<readonly number[]> {
    const { txsPerBlock, blobs, requests, largeBlockAt } = this.options;
    const empty = txsPerBlock === 0 && blobs !== true && requests !== true && largeBlockAt === undefined;
    if (empty) return this.traffic.senders.map(() => 0);
    const method = 'eth_getTransactionCount';
    const tag = toQuantity(block.number);
    const outcomes = await this.http.batch(this.traffic.senders.map((sender) => ({ method, params: [sender, tag] })));
    return outcomes.map((outcome) => {
      const nonce = outcome.ok ? toNumber(outcome.result) : undefined;
      if (nonce === undefined) throw new Error(`no nonce at block ${block.number}: ${JSON.stringify(outcome)}`);
      return nonce;
    });
  }

  /** Two changes of the chain never overlap. */
  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work, work);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function toQuantity(number: number): string {
  return `0x${number.toString(16)}`;
}

function refOf({ payload }: BuiltBlock): BlockRef {
  const number = toNumber(payload['blockNumber']);
  const hash = toHash(payload['blockHash']);
  const parentHash = toHash(payload['parentHash']);
  const timestamp = toNumber(payload['timestamp']);
  if (number === undefined || hash === undefined || parentHash === undefined || timestamp === undefined) {
    throw new Error('the builder returned a payload without number, hash, parent or timestamp');
  }
  return { number, hash, parentHash, timestamp };
}
