import { fullForm } from './block-forms.js';
import type { Bench } from './bench.js';
import { leastResult, type Result, type ResultName } from './results.js';
import { lockstepRun } from './runs.js';

const EL_COSTS_NOTHING = { newPayloadMs: 0, forkchoiceMs: 0 };

/** How many blocks are replayed before the CPU is counted, and how many while it is. */
interface Length {
  readonly warmUp: number;
  readonly counted: number;
}

/**
 * B2: CPU per block with raw blocks, everything verified, when the EL takes no time. The first blocks are warm-up: they
 * cost several times as much, because the compiler threads of V8 run beside them.
 */
export async function measureRawCpu(bench: Bench): Promise<Result[]> {
  const small = { id: 'B2', name: 'CPU per block, raw, 200 tx', unit: 'ms', gate: 1.0, aim: 0.45 };
  const large = { id: 'B2/2000', name: 'CPU per block, raw, 2000 tx', unit: 'ms', gate: 7, aim: 3.5 };
  const [smallLength, largeLength] = bench.quick
    ? [
        { warmUp: 600, counted: 400 },
        { warmUp: 60, counted: 60 },
      ]
    : [
        { warmUp: 1_500, counted: 1_500 },
        { warmUp: 150, counted: 200 },
      ];
  return [
    await cpuPerBlock(bench, small, 200, smallLength, true),
    await cpuPerBlock(bench, large, 2_000, largeLength, true),
  ];
}

/** B2b: the same from a source that has full JSON blocks only. */
export async function measureJsonCpu(bench: Bench): Promise<Result[]> {
  const small = { id: 'B2b', name: 'CPU per block, full JSON, 200 tx', unit: 'ms', gate: 2.5, aim: 1.4 };
  const large = { id: 'B2b/2000', name: 'CPU per block, full JSON, 2000 tx', unit: 'ms', gate: 20, aim: 12 };
  const [smallLength, largeLength] = bench.quick
    ? [
        { warmUp: 300, counted: 200 },
        { warmUp: 30, counted: 30 },
      ]
    : [
        { warmUp: 750, counted: 750 },
        { warmUp: 75, counted: 100 },
      ];
  return [
    await cpuPerBlock(bench, small, 200, smallLength, false),
    await cpuPerBlock(bench, large, 2_000, largeLength, false),
  ];
}

async function cpuPerBlock(
  bench: Bench,
  name: ResultName,
  transactionsPerBlock: number,
  { warmUp, counted }: Length,
  raw: boolean,
): Promise<Result> {
  const shape = { blocks: warmUp + counted, transactionsPerBlock };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { raw });
  try {
    const samples: number[] = [];
    for (let run = 0; run < (bench.quick ? 1 : 3); run += 1) {
      const { children, el } = bench;
      const { cpuMs } = await lockstepRun(children, el, source.url, chain, EL_COSTS_NOTHING, warmUp + 1);
      samples.push((cpuMs ?? NaN) / counted);
    }
    return leastResult(name, samples);
  } finally {
    await source.close();
  }
}

/** U: the CPU of one JSON.parse of a full block of 200 transactions, the yardstick for CPU on this machine. */
export async function measureUnit(bench: Bench): Promise<Result[]> {
  const [, block] = await bench.chain({ blocks: 1, transactionsPerBlock: 200 });
  if (block === undefined) throw new Error('the chain has no block after genesis');
  const body = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${fullForm(block)}}`);
  const samples: number[] = [];
  const perSample = 100;
  for (let sample = 0; sample < 10; sample += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < perSample; i += 1) JSON.parse(body.toString());
    const { user, system } = process.cpuUsage(before);
    samples.push((user + system) / 1_000 / perSample);
  }
  const name = { id: 'U', name: 'CPU of JSON.parse, full block, 200 tx', unit: 'ms', gate: null, aim: null };
  return [leastResult(name, samples)];
}
