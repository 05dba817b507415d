import type { Bench } from './bench.js';
import { liveRun } from './live-run.js';
import { percentileResult, type Result } from './results.js';

/** The block time: a chain with one block per second. */
const BLOCK_TIME_S = 1;
const BLOCK_TIME_MS = BLOCK_TIME_S * 1_000;

/** B4: how long after the source the EL has a new head, where the source pushes it. */
export async function measurePushedHead(bench: Bench): Promise<Result[]> {
  const lags = await headLags(bench, true);
  const name = { name: 'head lag, newHeads, 200 tx', unit: 'ms' };
  return [
    percentileResult({ ...name, id: 'B4', gate: 10, aim: 2 }, 50, lags),
    percentileResult({ ...name, id: 'B4.p99', gate: 40, aim: 8 }, 99, lags),
  ];
}

/** B4b: the same where the head has to be looked for. */
export async function measurePolledHead(bench: Bench): Promise<Result[]> {
  const lags = await headLags(bench, false);
  const name = { name: 'head lag, polled, 1 s blocks of 200 tx', unit: 'ms' };
  const [median, high] = [
    { gate: BLOCK_TIME_MS / 40, aim: BLOCK_TIME_MS / 80 },
    { gate: Math.round(BLOCK_TIME_MS / 15), aim: Math.round(BLOCK_TIME_MS / 30) },
  ];
  return [
    percentileResult({ ...name, id: 'B4b', ...median }, 50, lags),
    percentileResult({ ...name, id: 'B4b.p99', ...high }, 99, lags),
  ];
}

async function headLags(bench: Bench, pushed: boolean): Promise<readonly number[]> {
  const [settleBlocks, countedBlocks] = bench.quick ? [8, 12] : [20, 100];
  const { lagsMs } = await liveRun(bench, { blockTimeS: BLOCK_TIME_S, settleBlocks, countedBlocks, pushed });
  return lagsMs;
}
