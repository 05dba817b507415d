import { fullForm } from './block-forms.js';
import type { Bench } from './bench.js';
import { measureVerification } from './measure-verify.js';
import { leastResult, medianResult, type Result } from './results.js';
import { lockstepRun } from './runs.js';

const EL_COSTS_NOTHING = { newPayloadMs: 0, forkchoiceMs: 0 };

/** The reference machine parses the block of the unit in this time (performance 8). */
const REFERENCE_UNIT_MS = 0.55;

/** One row of B2 and B2b; gate and aim in ms of CPU per block. */
interface Case {
  readonly id: string;
  readonly name: string;
  readonly transactionsPerBlock: number;
  readonly raw: boolean;
  readonly gate: number | null;
  readonly aim: number | null;
  /** How many blocks are replayed before the CPU is counted, and how many while it is. */
  readonly warmUp: number;
  readonly counted: number;
}

const RAW: readonly Case[] = [
  { ...of('B2', 'raw, 200 tx', 200, true), gate: 1, aim: 0.45, warmUp: 1_500, counted: 1_500 },
  { ...of('B2.2000', 'raw, 2000 tx', 2_000, true), gate: 7, aim: 3.5, warmUp: 150, counted: 200 },
  { ...of('B2.light', 'raw, no tx', 0, true), gate: null, aim: null, warmUp: 4_000, counted: 4_000 },
];

const JSON_BLOCKS: readonly Case[] = [
  { ...of('B2b', 'full JSON, 200 tx', 200, false), gate: 2.5, aim: 1.4, warmUp: 750, counted: 750 },
  { ...of('B2b.2000', 'full JSON, 2000 tx', 2_000, false), gate: 20, aim: 12, warmUp: 75, counted: 100 },
];

function of(
  id: string,
  what: string,
  transactionsPerBlock: number,
  raw: boolean,
): Pick<Case, 'id' | 'name' | 'transactionsPerBlock' | 'raw'> {
  return { id, name: `CPU per block, ${what}`, transactionsPerBlock, raw };
}

/**
 * B2: CPU per block with raw blocks, everything verified, when the EL takes no time. The first blocks are warm-up: they
 * cost several times as much, because the compiler threads of V8 run beside them.
 */
export async function measureRawCpu(bench: Bench): Promise<Result[]> {
  return [...(await measureCases(bench, RAW)), ...(await measureVerification(bench))];
}

/** B2b: the same from a source that has full JSON blocks only. */
export function measureJsonCpu(bench: Bench): Promise<Result[]> {
  return measureCases(bench, JSON_BLOCKS);
}

async function measureCases(bench: Bench, cases: readonly Case[]): Promise<Result[]> {
  const unit = await Unit.create(bench);
  const results: Result[] = [];
  for (const each of cases) results.push(...(await measureCase(bench, each, unit)));
  return results;
}

/** In ms, and once more over the unit of the same minute: that is what other machines and a busy one can compare. */
async function measureCase(bench: Bench, each: Case, unit: Unit): Promise<Result[]> {
  const { id, name, transactionsPerBlock, raw, gate, aim } = each;
  const length = bench.quick ? 0.4 : 1;
  const [warmUp, counted] = [Math.ceil(each.warmUp * length), Math.ceil(each.counted * length)];
  const shape = { blocks: warmUp + counted, transactionsPerBlock };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { raw });
  try {
    const samples: number[] = [];
    const ratios: number[] = [];
    for (let run = 0; run < (bench.quick ? 1 : 3); run += 1) {
      const before = unit.cpuMs();
      const { cpuMs } = await lockstepRun(bench, source.url, chain, EL_COSTS_NOTHING, { fromNumber: warmUp + 1 });
      const perBlock = (cpuMs ?? NaN) / counted;
      samples.push(perBlock);
      ratios.push(perBlock / ((before + unit.cpuMs()) / 2));
    }
    const inUnits = { id: `${id}.u`, name: `${name}, over U`, unit: 'U', gate: units(gate), aim: units(aim) };
    return [leastResult({ id, name, unit: 'ms', gate, aim }, samples), medianResult(inUnits, ratios)];
  } finally {
    await source.close();
  }
}

function units(ms: number | null): number | null {
  return ms === null ? null : Number((ms / REFERENCE_UNIT_MS).toFixed(1));
}

/** The CPU of one JSON.parse of a full block of 200 transactions: the yardstick for CPU on this machine. */
export class Unit {
  readonly #body: Buffer;

  private constructor(body: Buffer) {
    this.#body = body;
  }

  static async create(bench: Pick<Bench, 'chain'>): Promise<Unit> {
    const [, block] = await bench.chain({ blocks: 1, transactionsPerBlock: 200 });
    if (block === undefined) throw new Error('the chain has no block after genesis');
    return new Unit(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${fullForm(block)}}`));
  }

  /** The least of several samples. */
  cpuMs(): number {
    return Math.min(...this.samples(5));
  }

  samples(count: number): number[] {
    const perSample = 100;
    return Array.from({ length: count }, () => {
      const before = process.cpuUsage();
      for (let i = 0; i < perSample; i += 1) JSON.parse(this.#body.toString());
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000 / perSample;
    });
  }
}

export async function measureUnit(bench: Bench): Promise<Result[]> {
  const name = { id: 'U', name: 'CPU of JSON.parse, full block, 200 tx', unit: 'ms', gate: null, aim: null };
  return [leastResult(name, (await Unit.create(bench)).samples(10))];
}
