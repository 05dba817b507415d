import type { Bench } from './bench.js';
import { medianResult, type Result } from './results.js';
import { lockstepRun } from './runs.js';

/** B8: from exec to the first newPayload, with stubs that answer at once. */
export async function measureStart(bench: Bench): Promise<Result[]> {
  const shape = { blocks: 10, transactionsPerBlock: 200 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape);
  try {
    const samples: number[] = [];
    for (let run = 0; run < (bench.quick ? 3 : 7); run += 1) {
      const { startMs } = await lockstepRun(bench, source.url, chain, { newPayloadMs: 0, forkchoiceMs: 0 });
      samples.push(startMs ?? NaN);
    }
    const name = { id: 'B8', name: 'exec to first newPayload', unit: 'ms', gate: 250, aim: 120 };
    return [medianResult(name, samples)];
  } finally {
    await source.close();
  }
}
