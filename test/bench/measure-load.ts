import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../devnet/process/free-port.js';
import type { Bench } from './bench.js';
import { RequestLoad } from './request-load.js';
import { percentileResult, type Result } from './results.js';
import { genesisOf, withLockstep } from './runs.js';
import type { GenesisRef } from './stub-messages.js';
import { median, percentile, spread } from './statistics.js';
import { ElHandle, type SourceHandle } from './stubs.js';

const BLOCK_MS = 200;
const REQUESTS_PER_SECOND = 1_000;
const LIVE_FROM = 64;
const SETTLE_BLOCKS = 20;
const EL_COSTS = { newPayloadMs: 5, forkchoiceMs: 0.5 };

/** Whom the requests go to: nobody, the lockstep beside the one that is measured, or that one itself. */
const ARMS = ['alone', 'beside', 'loaded'] as const;
type Arm = (typeof ARMS)[number];

/** The lags of one stretch in ms, one per block. */
type Round = Readonly<Record<Arm, readonly number[]>>;

/**
 * B11: how long after the source the EL has a new head at 200 ms per block, while the RPC and metrics of lockstep are asked
 * 1,000 times per second beside eight live pages. The same requests to a second lockstep beside it show what they take
 * from the machine alone, so the difference is what answering adds. The arms take turns in one run.
 */
export async function measureLoad(bench: Bench): Promise<Result[]> {
  const { rounds, load } = await stretches(bench);
  const what = 'head lag at 200 ms blocks of 200 tx';
  const rest = { unit: 'ms', gate: null, aim: null };
  const names: Readonly<Record<Arm, string>> = {
    alone: `${what}, nobody asks`,
    beside: `${what}, ${REQUESTS_PER_SECOND} requests/s to another lockstep`,
    loaded: `${what}, ${REQUESTS_PER_SECOND} requests/s`,
  };
  const told = ARMS.flatMap((arm) => {
    const id = arm === 'loaded' ? 'B11' : `B11.${arm}`;
    const lags = rounds.flatMap((round) => round[arm]);
    const name = names[arm];
    return [50, 99].map((percent) =>
      percentileResult({ ...rest, id: percent === 50 ? id : `${id}.p${percent}`, name }, percent, lags),
    );
  });
  return [
    ...told,
    added(rounds, { id: 'B11.added', name: 'what answering adds at the median', percent: 50 }),
    added(rounds, { id: 'B11.added.p90', name: 'what answering adds at the 90th percentile', percent: 90 }),
    {
      ...rest,
      id: 'B11.rate',
      name: 'requests answered under load',
      unit: '1/s',
      value: load.perSecond,
      spread: `${load.failed} failed, ${load.events} events`,
      passed: true,
    },
  ];
}

/** Its gate is the noise: how far the rounds lie apart in which lockstep itself is not asked. */
function added(
  rounds: readonly Round[],
  { id, name, percent }: { readonly id: string; readonly name: string; readonly percent: number },
): Result {
  const of = (arm: Arm): number[] => rounds.map((round) => percentile(round[arm], percent));
  const [beside, loaded] = [of('beside'), of('loaded')];
  const pairs = loaded.map((lag, round) => lag - (beside[round] ?? Infinity));
  const noise = Math.max(...beside) - Math.min(...beside);
  const value = median(pairs);
  const gate = Number(noise.toFixed(2));
  return { id, name, value, unit: 'ms', gate, aim: null, spread: spread(pairs), passed: value <= noise };
}

interface Answered {
  readonly perSecond: number;
  readonly failed: number;
  readonly events: number;
}

interface Follower {
  readonly el: ElHandle;
  readonly load: RequestLoad;
  readonly gone: Promise<never>;
}

async function stretches(bench: Bench): Promise<{ readonly rounds: readonly Round[]; readonly load: Answered }> {
  const [count, blocks] = bench.quick ? [2, 10] : [8, 40];
  const all = LIVE_FROM + SETTLE_BLOCKS + count * ARMS.length * (blocks + 3) + 20;
  // A timestamp has whole seconds, so the chain is older than its blocks are apart; none of them is in the future.
  const shape = {
    blocks: all,
    transactionsPerBlock: 200,
    blockTimeS: 1,
    timestamp: Math.floor(Date.now() / 1_000) - all,
  };
  const genesis = genesisOf(await bench.chain(shape));
  const source = await bench.source(shape, { live: { from: LIVE_FROM, blockTimeMs: BLOCK_MS } });
  try {
    const second = await ElHandle.start(bench.children);
    return await follow(bench, bench.el, source, genesis, (measured) =>
      follow(bench, second, source, genesis, async (other) => {
        source.goLive();
        await Promise.race([wait(SETTLE_BLOCKS * BLOCK_MS), measured.gone, other.gone]);
        const rounds: Round[] = [];
        for (let round = 0; round < count; round += 1) rounds.push(await oneRound(source, measured, other, blocks));
        const { answered, failed, events } = measured.load;
        const loadedS = (count * (blocks + 2) * BLOCK_MS) / 1_000;
        return { rounds, load: { perSecond: answered / loadedS, failed, events } };
      }),
    );
  } finally {
    await source.close();
  }
}

/** A lockstep with both of its ports open, once it stands where the chain begins to live. */
async function follow<T>(
  { children }: Bench,
  el: ElHandle,
  source: SourceHandle,
  genesis: GenesisRef,
  use: (follower: Follower) => Promise<T>,
): Promise<T> {
  const { window } = await el.begin({ genesis, ...EL_COSTS, fromNumber: 1, targetNumber: LIVE_FROM });
  const [rpcPort, metricsPort] = [await freePort(), await freePort()];
  const rpc = ['--rpc.enabled', '--rpc.port', `${rpcPort}`];
  const metrics = ['--metrics.enabled', '--metrics.port', `${metricsPort}`];
  const load = new RequestLoad(
    { rpcUrl: `http://127.0.0.1:${rpcPort}/`, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` },
    REQUESTS_PER_SECOND,
  );
  const flags = ['--l2.follow.source.ws', source.webSocketUrl, ...rpc, ...metrics];
  try {
    return await withLockstep({ children, el }, { sourceUrl: source.url, flags }, async ({ gone }) => {
      await Promise.race([window, gone]);
      return use({ el, load, gone });
    });
  } finally {
    await load.end();
  }
}

async function oneRound(source: SourceHandle, measured: Follower, other: Follower, blocks: number): Promise<Round> {
  const loads: Readonly<Record<Arm, RequestLoad | null>> = { alone: null, beside: other.load, loaded: measured.load };
  const pause = (count: number): Promise<void> => Promise.race([wait(count * BLOCK_MS), measured.gone, other.gone]);
  const published: Partial<Record<Arm, readonly (readonly [number, number])[]>> = {};
  for (const arm of ARMS) {
    loads[arm]?.begin();
    // What is on its way belongs to neither.
    await pause(2);
    await source.count();
    await pause(blocks);
    published[arm] = (await source.count()).published;
    loads[arm]?.pause();
  }
  await pause(1);
  const arrivals = await measured.el.arrivals();
  const lags = (arm: Arm): number[] =>
    (published[arm] ?? []).map(([number, atNs]) => ((arrivals.get(number) ?? Infinity) - atNs) / 1e6);
  return { alone: lags('alone'), beside: lags('beside'), loaded: lags('loaded') };
}
