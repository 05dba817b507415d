import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { genesisOf, withLockstep } from './runs.js';
import type { SourceCounts } from './stub-messages.js';

export interface LiveOptions {
  readonly blockTimeS: number;
  /** Blocks after which the measurement begins, and how many it takes. */
  readonly settleBlocks: number;
  readonly countedBlocks: number;
  /** The source pushes its heads. */
  readonly pushed: boolean;
}

export interface LiveRun {
  readonly calls: SourceCounts['calls'];
  readonly blocks: number;
  /** Per block, from publication at the source to the newPayload at the EL, in ms. */
  readonly lagsMs: readonly number[];
}

const LIVE_FROM = 64;
const EL_COSTS = { newPayloadMs: 5, forkchoiceMs: 0.5 };

/** lockstep at the head of a chain that grows by one block of 200 transactions per block time. */
export async function liveRun(bench: Bench, options: LiveOptions): Promise<LiveRun> {
  const { blockTimeS, settleBlocks, countedBlocks } = options;
  const blockTimeMs = blockTimeS * 1_000;
  const shape = {
    blocks: LIVE_FROM + settleBlocks + countedBlocks + 5,
    transactionsPerBlock: 200,
    blockTimeS,
    timestamp: Math.floor(Date.now() / 1_000) - LIVE_FROM * blockTimeS,
  };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { live: { from: LIVE_FROM, blockTimeMs } });
  try {
    const ends = { fromNumber: 1, targetNumber: LIVE_FROM };
    const { window } = await bench.el.begin({ genesis: genesisOf(chain), ...EL_COSTS, ...ends });
    const flags = options.pushed ? ['--l2.follow.source.ws', source.webSocketUrl] : [];
    return await withLockstep(bench, { sourceUrl: source.url, flags }, async ({ gone }) => {
      await Promise.race([window, gone]);
      source.goLive();
      await Promise.race([wait(settleBlocks * blockTimeMs), gone]);
      const { headNumber } = await source.count();
      await Promise.race([wait(countedBlocks * blockTimeMs), gone]);
      const { calls, published, headNumber: last } = await source.count();
      // The newest block may be on its way still.
      await Promise.race([wait(blockTimeMs / 2), gone]);
      const arrivals = await bench.el.arrivals();
      const lagsMs = published.map(([number, atNs]) => ((arrivals.get(number) ?? Infinity) - atNs) / 1e6);
      return { calls, blocks: last - headNumber, lagsMs };
    });
  } finally {
    await source.close();
  }
}
