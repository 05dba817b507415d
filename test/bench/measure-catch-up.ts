import { rawForm } from './block-forms.js';
import type { Bench } from './bench.js';
import type { ChainShape } from './chain.js';
import { prepareFloor } from './floor.js';
import { medianResult, type Result } from './results.js';
import { floorRun, lockstepRun } from './runs.js';

/** An EL that takes as long as a real one does for a block of 200 transactions. */
const EL_COSTS = { newPayloadMs: 5, forkchoiceMs: 0.5 };
const FAR = { latencyMs: 50, bytesPerSecond: 20_000_000 };

/** B1: how much longer than the bare engine calls a catch-up from a near source takes. */
export async function measureCatchUp(bench: Bench): Promise<Result[]> {
  const shape = { blocks: bench.quick ? 100 : 300, transactionsPerBlock: 200 };
  const ratios = await ratiosToFloor(bench, shape, {}, bench.quick ? 2 : 5);
  const name = { id: 'B1', name: 'catch-up, wall to floor, near source', unit: 'ratio', gate: 1.1, aim: 0.92 };
  return [
    medianResult(
      name,
      ratios.map(({ ours, floor }) => ours / floor),
    ),
  ];
}

/** B1b: the same from a far source, to whichever limit is higher: the EL's, or that of the line. */
export async function measureFarCatchUp(bench: Bench): Promise<Result[]> {
  const shape = { blocks: bench.quick ? 150 : 600, transactionsPerBlock: 200 };
  const chain = await bench.chain(shape);
  const sizesBytes = chain.slice(1).map((block) => rawForm(block).length);
  const lineMs = (sizesBytes.reduce((sum, size) => sum + size, 0) / FAR.bytesPerSecond) * 1_000;
  const ratios = await ratiosToFloor(bench, shape, FAR, bench.quick ? 1 : 3);
  const name = { id: 'B1b', name: 'catch-up, wall to limit, 50 ms and 20 MB/s', unit: 'ratio', gate: 1.1, aim: 1.03 };
  return [
    medianResult(
      name,
      ratios.map(({ ours, floor }) => ours / Math.max(floor, lineMs)),
    ),
  ];
}

/** Wall time of the floor and of lockstep in turns, so that both meet the same neighbours. */
async function ratiosToFloor(
  bench: Bench,
  shape: ChainShape,
  line: Partial<typeof FAR>,
  pairs: number,
): Promise<{ ours: number; floor: number }[]> {
  const chain = await bench.chain(shape);
  const prepared = prepareFloor(chain);
  const source = await bench.source(shape, line);
  try {
    const samples: { ours: number; floor: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const floor = await floorRun(bench.el, chain, prepared, EL_COSTS);
      const ours = await lockstepRun(bench.children, bench.el, source.url, chain, EL_COSTS);
      samples.push({ ours: ours.wallMs, floor: floor.wallMs });
    }
    return samples;
  } finally {
    await source.close();
  }
}
