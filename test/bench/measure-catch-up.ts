import { rawForm } from './block-forms.js';
import type { Bench } from './bench.js';
import type { ChainShape } from './chain.js';
import type { ElCosts } from './el-state.js';
import { prepareFloor } from './floor.js';
import { medianResult, type Result, type ResultName } from './results.js';
import { floorRun, lockstepRun } from './runs.js';

/** An EL that takes as long as a real one does for a block of 200 transactions. */
const EL_COSTS: ElCosts = { newPayloadMs: 5, forkchoiceMs: 0.5 };
const FAR = { latencyMs: 50, bytesPerSecond: 20_000_000 };

interface Profile {
  readonly suffix: string;
  readonly what: string;
  readonly costs: ElCosts;
  readonly shape: ChainShape;
}

/** Other ELs and blocks: nothing is promised for them. */
const PROFILES: readonly Profile[] = [
  {
    suffix: 'fast',
    what: 'EL 0.3+0.1 ms, 200 tx',
    costs: { newPayloadMs: 0.3, forkchoiceMs: 0.1 },
    shape: { blocks: 1_000, transactionsPerBlock: 200 },
  },
  {
    suffix: 'light',
    what: 'EL 1+0.2 ms, no tx',
    costs: { newPayloadMs: 1, forkchoiceMs: 0.2 },
    shape: { blocks: 1_000, transactionsPerBlock: 0 },
  },
  {
    suffix: 'large',
    what: 'EL 50+1 ms, 2000 tx',
    costs: { newPayloadMs: 50, forkchoiceMs: 1 },
    shape: { blocks: 60, transactionsPerBlock: 2_000 },
  },
];

/** B1: how much longer than the bare engine calls a catch-up from a near source takes. */
export async function measureCatchUp(bench: Bench): Promise<Result[]> {
  const shape = { blocks: bench.quick ? 100 : 300, transactionsPerBlock: 200 };
  const name = { id: 'B1', name: 'catch-up, wall to floor, EL 5+0.5 ms, 200 tx', unit: 'ratio', gate: 1.02, aim: 0.92 };
  const results = [await catchUp(bench, name, shape, EL_COSTS, bench.quick ? 3 : 5)];
  if (bench.quick) return results;
  for (const { suffix, what, costs, shape: other } of PROFILES) {
    const variant = { ...name, id: `B1.${suffix}`, name: `catch-up, wall to floor, ${what}`, gate: null, aim: null };
    results.push(await catchUp(bench, variant, other, costs, 3));
  }
  return results;
}

async function catchUp(
  bench: Bench,
  name: ResultName,
  shape: ChainShape,
  costs: ElCosts,
  pairs: number,
): Promise<Result> {
  const ratios = await ratiosToFloor(bench, shape, {}, costs, pairs);
  return medianResult(
    name,
    ratios.map(({ ours, floor }) => ours / floor),
  );
}

/** B1b: the same from a far source, to whichever limit is higher: the EL's, or that of the line. */
export async function measureFarCatchUp(bench: Bench): Promise<Result[]> {
  const shape = { blocks: bench.quick ? 150 : 600, transactionsPerBlock: 200 };
  const chain = await bench.chain(shape);
  const sizesBytes = chain.slice(1).map((block) => rawForm(block).length);
  const lineMs = (sizesBytes.reduce((sum, size) => sum + size, 0) / FAR.bytesPerSecond) * 1_000;
  const ratios = await ratiosToFloor(bench, shape, FAR, EL_COSTS, bench.quick ? 1 : 3);
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
  costs: ElCosts,
  pairs: number,
): Promise<{ ours: number; floor: number }[]> {
  const chain = await bench.chain(shape);
  const prepared = prepareFloor(chain);
  const source = await bench.source(shape, line);
  try {
    const samples: { ours: number; floor: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const floor = await floorRun(bench.el, chain, prepared, costs);
      const ours = await lockstepRun(bench, source.url, chain, costs);
      samples.push({ ours: ours.wallMs, floor: floor.wallMs });
    }
    return samples;
  } finally {
    await source.close();
  }
}
