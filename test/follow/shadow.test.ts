import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readOnly } from '../../src/engine/read-only.js';
import { follow, shadow, type FollowOptions } from '../../src/follow/loop.js';
import { elSyncPolicy } from '../../src/follow/limits.js';
import { Orders } from '../../src/follow/orders.js';
import { DEFAULT_RECOVERY_POLICY } from '../../src/follow/recovery-state.js';
import type { FollowHooks, Turn } from '../../src/follow/state.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { Payload } from '../../src/payload/payload.js';
import { ShadowReport } from '../../src/status/shadow-report.js';
import { createLogger } from '../../src/util/log.js';
import { grow, type RealBlock } from './blocks.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

let beside: Beside;

beforeAll(initKeccak);
beforeEach(() => clock.start());
afterEach(async () => {
  await beside.close();
  clock.stop();
});

const CHAIN = grow(null, 101, 'a');
/** Leaves it above block 3. */
const OWN = [...CHAIN.slice(0, 4), ...grow(CHAIN[3]!.ref, 2, 'own')];

const IN_STEP = { msg: 'Shadow: the EL is in step, nothing would be sent' };
const REPLAY = { msg: 'Shadow: would replay blocks of the source' };
const LABELS = { msg: 'Shadow: would move safe and finalized' };
const RESET = { msg: 'Shadow: would bring the EL back to the common ancestor' };
const HOLD = { msg: 'Shadow: would hold' };

const NOTHING: FollowHooks = {
  onTurn: () => undefined,
  onOutcome: () => undefined,
  onBlock: () => undefined,
  onLabels: () => undefined,
  onPlanning: () => undefined,
  onHeadNews: () => undefined,
  onStatus: () => undefined,
};

/** A source with 5 blocks, an EL, a shadow beside it, and a driver once a test starts one. */
class Beside {
  readonly source = new MemorySource(CHAIN.slice(0, 6));
  readonly engine: MemoryEngine;
  readonly lines: object[] = [];
  readonly counted: string[] = [];
  readonly turns: Turn[] = [];
  readonly report: ShadowReport;
  readonly #stops: AbortController[] = [];
  readonly #running: Promise<unknown>[] = [];

  constructor(
    chain: readonly RealBlock[],
    private readonly more: Partial<FollowOptions> = {},
  ) {
    this.engine = new MemoryEngine(chain.map(({ ref }) => ref));
    this.source.safe = 3;
    this.source.finalized = 2;
    const sink = { write: (line: string) => void this.lines.push(JSON.parse(line) as object) };
    this.report = new ShadowReport({
      log: createLogger({ level: 'info', format: 'json', color: false, pid: false }, sink),
      now: () => clock.now(),
      heals: this.#options.recovery.mode === 'auto',
      onWould: (kind) => this.counted.push(kind),
    });
    this.#run((stop) => {
      const hooks = this.report.watch({ ...NOTHING, onTurn: (turn) => void this.turns.push(turn) });
      return shadow(this.#options, { ...this.#parts, engine: readOnly(this.engine), hooks }, stop);
    });
  }

  /** The returned function ends it. */
  drive(): () => Promise<void> {
    return this.#run((stop) => follow(this.#options, { ...this.#parts, engine: this.engine, hooks: NOTHING }, stop));
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop.abort();
    await Promise.all([...this.#running, clock.advance(1)]);
  }

  #run(start: (stop: AbortSignal) => Promise<unknown>): () => Promise<void> {
    const stop = new AbortController();
    const running = start(stop.signal);
    this.#stops.push(stop);
    this.#running.push(running);
    return async () => {
      stop.abort();
      await Promise.all([running, clock.advance(1)]);
    };
  }

  get #options(): FollowOptions {
    return {
      pollIntervalMs: 500,
      safetyIntervalMs: 1_000,
      limits: { maxBlocks: 8, maxBytes: 1_000_000, maxConcurrency: 4, blocksPerForkchoice: 4 },
      expected: { chainId: 10, genesis: CHAIN[0]!.ref },
      elSync: null,
      recovery: DEFAULT_RECOVERY_POLICY,
      recalled: null,
      ...this.more,
    };
  }

  get #parts() {
    const { source } = this;
    const shared = { consensus: null, feed: null, orders: new Orders(), now: () => clock.now(), random: () => 0 };
    return { source, ...shared };
  }
}

describe('a shadow of an EL that nobody drives', () => {
  it('writes nothing, and tells once which blocks it would replay, of which it verifies the first', async () => {
    beside = new Beside(CHAIN.slice(0, 1));
    await clock.advance(5_000);
    expect(beside.lines).toEqual([]);
    await clock.advance(60_000);
    expect(beside.lines).toEqual([expect.objectContaining({ ...REPLAY, first: 1, last: 5 })]);
    expect(beside.counted).toEqual(['replay']);
    expect(beside.source.calls.filter((call) => call === 'block 1')).toHaveLength(1);
    expect(beside.engine.writes).toEqual([]);
    expect(beside.turns.length).toBeLessThan(200);
  });

  it('sees each new head of the source, and tells of a long way at once', async () => {
    beside = new Beside(CHAIN.slice(0, 1));
    beside.source.chain = CHAIN.slice(0, 51);
    await clock.advance(3_000);
    expect(beside.lines).toEqual([expect.objectContaining({ ...REPLAY, first: 1, last: 50 })]);
    beside.source.chain = CHAIN;
    await clock.advance(3_000);
    expect(beside.report.wish).toEqual({ kind: 'replay', first: 1, last: 100 });
    expect(beside.lines).toHaveLength(1);
    expect(beside.engine.writes).toEqual([]);
  });

  it('tells of labels that nobody moves after a minute', async () => {
    beside = new Beside(CHAIN.slice(0, 6));
    await clock.advance(50_000);
    expect(beside.lines).toEqual([]);
    await clock.advance(30_000);
    expect(beside.lines).toEqual([expect.objectContaining({ ...LABELS, safe: 3, finalized: 2 })]);
    expect(beside.engine.writes).toEqual([]);
  });

  it('would leave it to its peers where that is asked for', async () => {
    beside = new Beside(CHAIN.slice(0, 1), { elSync: elSyncPolicy(120_000) });
    beside.source.chain = CHAIN;
    await clock.advance(10_000);
    expect(beside.report.wish).toEqual({ kind: 'el-sync', target: 100 });
    expect(beside.counted).toEqual(['el-sync']);
    expect(beside.engine.writes).toEqual([]);
  });

  it('holds as a driver would where the next block is not sound, until it is', async () => {
    beside = new Beside(CHAIN.slice(0, 1));
    const { fetched } = CHAIN[1]!;
    beside.source.meddleBlock = (id) =>
      'number' in id && id.number === 1 ? { kind: 'found', value: { ...fetched, end: fetched.end - 2 } } : undefined;
    await clock.advance(30_000);
    expect(beside.lines).toEqual([expect.objectContaining({ ...HOLD, reason: 'block-rejected' })]);
    beside.source.meddleBlock = () => undefined;
    await clock.advance(60_000);
    expect(beside.lines.slice(1)).toEqual([expect.objectContaining(REPLAY)]);
    expect(beside.engine.writes).toEqual([]);
  });

  it('tells the way back from another branch, takes it not, and forgets it when the source comes over', async () => {
    beside = new Beside(OWN);
    beside.source.chain = CHAIN.slice(0, 9);
    await clock.advance(200_000);
    const fields = { by: 'sibling', ancestor: 3, depth: 2, lvl: 'warn' };
    expect(beside.lines).toEqual([expect.objectContaining({ ...RESET, ...fields })]);
    expect(beside.engine.writes).toEqual([]);
    beside.source.chain = OWN;
    await clock.advance(100_000);
    expect(beside.lines.slice(1)).toEqual([expect.objectContaining(IN_STEP), expect.objectContaining(LABELS)]);
  });

  it('would hold on another branch where --recovery.mode does not heal', async () => {
    beside = new Beside(OWN, { recovery: { ...DEFAULT_RECOVERY_POLICY, mode: 'alert' } });
    beside.source.chain = CHAIN.slice(0, 9);
    await clock.advance(10_000);
    expect(beside.lines).toEqual([expect.objectContaining({ ...HOLD, reason: 'recovery-off' })]);
  });
});

describe('a shadow beside a driver', () => {
  it('says once that both agree, however often the driver moves the EL', async () => {
    beside = new Beside(CHAIN.slice(0, 1));
    beside.drive();
    for (let height = 6; height <= 60; height += 1) {
      beside.source.chain = CHAIN.slice(0, height + 1);
      beside.source.safe = height - 3;
      await clock.advance(2_000);
    }
    expect(beside.engine.headsNow.unsafe).toEqual(CHAIN[60]!.ref);
    expect(beside.lines).toEqual([expect.objectContaining(IN_STEP)]);
    expect(beside.counted).toEqual([]);
    expect(beside.turns.map(({ state }) => state.phase.kind)).not.toContain('holding');
    expect(new Set(beside.turns.map(({ state }) => state.session.id))).toEqual(new Set([1]));
  });

  it('says so as well where there is a new block whenever it looks', async () => {
    beside = new Beside(CHAIN.slice(0, 6));
    const canonical = CHAIN.map(({ ref }) => ref);
    for (let height = 6; height <= 90; height += 1) {
      beside.engine.headsNow = { unsafe: canonical[height - 1]!, safe: canonical[3]!, finalized: canonical[2]! };
      await beside.engine.newPayload({ ref: canonical[height - 1]! } as Payload);
      beside.source.chain = CHAIN.slice(0, height + 1);
      await clock.advance(500);
    }
    expect(beside.lines).toEqual([expect.objectContaining(IN_STEP)]);
  });

  it('tells when the driver is gone, and when it is back', async () => {
    beside = new Beside(CHAIN.slice(0, 1));
    const stop = beside.drive();
    await clock.advance(5_000);
    await stop();
    const written = beside.engine.writes.length;
    beside.source.chain = CHAIN.slice(0, 9);
    await clock.advance(30_000);
    expect(beside.lines.slice(1)).toEqual([expect.objectContaining({ ...REPLAY, first: 6, last: 8 })]);
    expect(beside.engine.writes).toHaveLength(written);
    beside.drive();
    await clock.advance(10_000);
    expect(beside.lines.slice(2)).toEqual([expect.objectContaining(IN_STEP)]);
  });

  it('is in step again when the driver has taken the way back', async () => {
    beside = new Beside(OWN);
    beside.source.chain = CHAIN.slice(0, 9);
    await clock.advance(10_000);
    beside.drive();
    await clock.advance(30_000);
    expect(beside.engine.headsNow.unsafe).toEqual(CHAIN[8]!.ref);
    expect(beside.lines).toEqual([expect.objectContaining(RESET), expect.objectContaining(IN_STEP)]);
  });
});
