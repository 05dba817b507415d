import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../devnet/process/free-port.js';
import type { Bench } from './bench.js';
import { RequestLoad } from './request-load.js';
import { percentileResult, type Result } from './results.js';
import { genesisOf, withLockstep } from './runs.js';
import { median } from './statistics.js';
import type { SourceHandle } from './stubs.js';

const BLOCK_MS = 200;
const REQUESTS_PER_SECOND = 1_000;
const LIVE_FROM = 64;
const SETTLE_BLOCKS = 20;
const EL_COSTS = { newPayloadMs: 5, forkchoiceMs: 0.5 };

interface Stretches {
  readonly alone: readonly number[];
  readonly loaded: readonly number[];
  readonly answeredPerSecond: number;
  readonly failed: number;
  readonly events: number;
}

/**
 * B11: how long after the source the EL has a new head at 200 ms per block, while the RPC and metrics of lockstep are asked
 * 1,000 times per second beside eight live pages, and while they are not. Both take turns in one run.
 */
export async function measureLoad(bench: Bench): Promise<Result[]> {
  const { alone, loaded, answeredPerSecond, failed, events } = await stretches(bench);
  const what = 'head lag at 200 ms blocks of 200 tx';
  const rest = { unit: 'ms', gate: null, aim: null };
  const added = median(loaded) - median(alone);
  const rate = { id: 'B11.rate', name: 'requests answered under load', unit: '1/s', gate: null, aim: null };
  return [
    percentileResult({ ...rest, id: 'B11.alone', name: `${what}, nobody asks` }, 50, alone),
    percentileResult({ ...rest, id: 'B11', name: `${what}, ${REQUESTS_PER_SECOND} requests/s` }, 50, loaded),
    percentileResult({ ...rest, id: 'B11.alone.p99', name: `${what}, nobody asks` }, 99, alone),
    percentileResult({ ...rest, id: 'B11.p99', name: `${what}, ${REQUESTS_PER_SECOND} requests/s` }, 99, loaded),
    {
      ...rest,
      id: 'B11.added',
      name: 'what the requests add to it at the median',
      value: added,
      spread: '',
      passed: true,
    },
    { ...rate, value: answeredPerSecond, spread: `${failed} failed, ${events} events`, passed: true },
  ];
}

async function stretches(bench: Bench): Promise<Stretches> {
  const [rounds, blocks] = bench.quick ? [2, 10] : [6, 50];
  const all = LIVE_FROM + SETTLE_BLOCKS + 2 * rounds * (blocks + 2) + 20;
  // A timestamp has whole seconds, so the chain is older than its blocks are apart; none of them is in the future.
  const shape = {
    blocks: all,
    transactionsPerBlock: 200,
    blockTimeS: 1,
    timestamp: Math.floor(Date.now() / 1_000) - all,
  };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { live: { from: LIVE_FROM, blockTimeMs: BLOCK_MS } });
  try {
    const ends = { fromNumber: 1, targetNumber: LIVE_FROM };
    const { window } = await bench.el.begin({ genesis: genesisOf(chain), ...EL_COSTS, ...ends });
    const [rpcPort, metricsPort] = [await freePort(), await freePort()];
    const ports = [
      '--rpc.enabled',
      '--rpc.port',
      `${rpcPort}`,
      '--metrics.enabled',
      '--metrics.port',
      `${metricsPort}`,
    ];
    const flags = ['--l2.follow.source.ws', source.webSocketUrl, ...ports];
    const load = new RequestLoad(
      { rpcUrl: `http://127.0.0.1:${rpcPort}/`, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` },
      REQUESTS_PER_SECOND,
    );
    try {
      return await withLockstep(bench, { sourceUrl: source.url, flags }, async ({ gone }) => {
        await Promise.race([window, gone]);
        source.goLive();
        await Promise.race([wait(SETTLE_BLOCKS * BLOCK_MS), gone]);
        return inTurns(bench, source, load, { rounds, blocks, gone });
      });
    } finally {
      await load.end();
    }
  } finally {
    await source.close();
  }
}

async function inTurns(
  bench: Bench,
  source: SourceHandle,
  load: RequestLoad,
  { rounds, blocks, gone }: { readonly rounds: number; readonly blocks: number; readonly gone: Promise<never> },
): Promise<Stretches> {
  const published: { readonly loaded: boolean; readonly blocks: readonly (readonly [number, number])[] }[] = [];
  for (let turn = 0; turn < 2 * rounds; turn += 1) {
    const loaded = turn % 2 === 1;
    if (loaded) load.begin();
    // What is on its way belongs to neither.
    await Promise.race([wait(2 * BLOCK_MS), gone]);
    await source.count();
    await Promise.race([wait(blocks * BLOCK_MS), gone]);
    published.push({ loaded, blocks: (await source.count()).published });
    load.pause();
  }
  await Promise.race([wait(BLOCK_MS), gone]);
  const arrivals = await bench.el.arrivals();
  const lags = (wanted: boolean): number[] =>
    published
      .filter(({ loaded }) => loaded === wanted)
      .flatMap((stretch) => stretch.blocks.map(([number, atNs]) => ((arrivals.get(number) ?? Infinity) - atNs) / 1e6));
  const loadedS = (rounds * (blocks + 2) * BLOCK_MS) / 1_000;
  return {
    alone: lags(false),
    loaded: lags(true),
    answeredPerSecond: load.answered / loadedS,
    failed: load.failed,
    events: load.events,
  };
}
