import type { Bench } from './bench.js';
import { medianResult, type Result } from './results.js';
import { lockstepRun } from './runs.js';

/** B9: the longest that the event loop of lockstep served nothing else, in a catch-up over large blocks. */
export async function measureLoop(bench: Bench): Promise<Result[]> {
  const [warmUp, counted] = bench.quick ? [60, 60] : [150, 150];
  const shape = { blocks: warmUp + counted, transactionsPerBlock: 2_000 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape);
  try {
    const samples: number[] = [];
    for (let run = 0; run < (bench.quick ? 1 : 3); run += 1) {
      const costs = { newPayloadMs: 10, forkchoiceMs: 1 };
      const { longestSliceMs } = await lockstepRun(bench, source.url, chain, costs, {
        fromNumber: warmUp + 1,
        probed: true,
      });
      samples.push(longestSliceMs ?? NaN);
    }
    const name = { id: 'B9', name: 'longest slice of the event loop, 2000 tx', unit: 'ms', gate: 10, aim: 4 };
    return [medianResult(name, samples)];
  } finally {
    await source.close();
  }
}
