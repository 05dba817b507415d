import { isOpStack, type ElKind } from '../../../devnet/els/el.js';
import { CACHE_FOLDER } from '../bench.js';
import type { Children } from '../children.js';
import { leastResult, medianResult, type Result } from '../results.js';
import { SourceHandle } from '../stubs.js';
import { type Chain, type ElRun, followerRun, lockstepBetween, lockstepElRun, type Mode, withEl } from './el-run.js';
import { genesisOf, recordedChainFile, type RecordedShape } from './recorded-chain.js';

/** `slowBlocks`: so many of them the slow modes replay. */
export const SHAPES = {
  light: { what: 'light blocks', blocks: 1_600, slowBlocks: 400, txsPerBlock: 2 },
  tx200: { what: '200-tx blocks', blocks: 300, slowBlocks: 100, txsPerBlock: 200 },
} as const;

export type ShapeName = keyof typeof SHAPES;

const MODES: readonly Mode[] = ['floor', 'lockstep', 'limit', 'base', 'naive'];

/** The sequential and the ethers follower are several times as slow: what they are shown for needs no more than two runs. */
const SLOW_MODES: readonly Mode[] = ['base', 'naive'];
const SLOW_PAIRS = 2;

interface Goal {
  readonly gate: number | null;
  readonly aim: number | null;
}

const NO_GOAL: Goal = { gate: null, aim: null };

/** Ratios to the serial floor of the same EL. */
const GOALS: Readonly<Record<ShapeName, Readonly<Partial<Record<ElKind, Goal>>>>> = {
  light: { geth: { gate: 0.6, aim: 0.48 }, 'op-geth': { gate: 0.6, aim: 0.48 }, 'op-reth': { gate: 0.75, aim: 0.6 } },
  tx200: { geth: { gate: 0.97, aim: 0.9 }, 'op-geth': { gate: 0.97, aim: 0.9 } },
};

/** A catch-up from a far-off chain in the devnet, at 200 blocks per second. */
const BETWEEN_ELS = { ...SHAPES.light, gateMsPerBlock: 5 };

/** All modes on one EL and one kind of block, in turns: each meets the same neighbours. */
export async function measureEl(children: Children, kind: ElKind, shape: ShapeName, pairs: number): Promise<Result[]> {
  const { blocks, slowBlocks, txsPerBlock } = SHAPES[shape];
  const chain = await recorded({ family: isOpStack(kind) ? 'op' : 'ethereum', blocks, txsPerBlock });
  const part = { ...chain, blocks: slowBlocks };
  const source = await sourceOf(children, chain);
  const runs = new Map<Mode, ElRun[]>(MODES.map((mode) => [mode, []]));
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      for (const mode of MODES) {
        const isSlow = SLOW_MODES.includes(mode);
        if (isSlow && pair >= SLOW_PAIRS) continue;
        const run = await withEl(kind, chain.genesis, (el) =>
          mode === 'lockstep'
            ? lockstepElRun(children, el, chain, source)
            : followerRun(children, el, isSlow ? part : chain, source.url, mode),
        );
        process.stderr.write(`  ${kind} ${shape} ${mode}: ${run.msPerBlock.toFixed(2)} ms per block\n`);
        runs.get(mode)?.push(run);
      }
    }
  } finally {
    await source.close();
  }
  return results(kind, shape, runs);
}

function results(kind: ElKind, shape: ShapeName, runs: ReadonlyMap<Mode, readonly ElRun[]>): Result[] {
  const id = `B1.${kind}.${shape}`;
  const what = `${kind}, ${SHAPES[shape].what}`;
  const of = (mode: Mode): readonly ElRun[] => runs.get(mode) ?? [];
  const floors = of('floor');
  const toFloor = (mode: Mode, figure: 'msPerBlock' | 'elCpuMs'): number[] =>
    of(mode).map((run, pair) => run[figure] / (floors[pair]?.[figure] ?? NaN));
  const ratio = { unit: 'ratio', ...NO_GOAL };
  const named = (suffix: string, name: string): { id: string; name: string } => ({ id: `${id}.${suffix}`, name });
  return [
    medianResult({ id, name: `wall to floor, ${what}`, unit: 'ratio', ...(GOALS[shape][kind] ?? NO_GOAL) }, [
      ...toFloor('lockstep', 'msPerBlock'),
    ]),
    medianResult(
      { ...named('limit', `prepared batches, wall to floor, ${what}`), ...ratio },
      toFloor('limit', 'msPerBlock'),
    ),
    medianResult(
      { ...named('base', `sequential follower, wall to floor, ${what}`), ...ratio },
      toFloor('base', 'msPerBlock'),
    ),
    medianResult(
      { ...named('naive', `ethers follower, wall to floor, ${what}`), ...ratio },
      toFloor('naive', 'msPerBlock'),
    ),
    medianResult({ ...named('floor', `serial floor, ${what}`), unit: 'ms/block', ...NO_GOAL }, [
      ...floors.map(({ msPerBlock }) => msPerBlock),
    ]),
    medianResult({ ...named('el-cpu', `CPU of the EL to that under the floor, ${what}`), ...ratio }, [
      ...toFloor('lockstep', 'elCpuMs'),
    ]),
    leastResult({ ...named('cpu', `CPU of lockstep per block from a cold start, ${what}`), unit: 'ms', ...NO_GOAL }, [
      ...of('lockstep').map(({ followerCpuMs }) => followerCpuMs),
    ]),
    medianResult({ ...named('rss', `peak RSS of lockstep, ${what}`), unit: 'MB', ...NO_GOAL }, [
      ...of('lockstep').map(({ followerPeakBytes }) => followerPeakBytes / 1e6),
    ]),
  ];
}

/** An empty op-geth that follows another one over RPC, light blocks; the floor is how that other one got its chain. */
export async function measureBetweenEls(children: Children, pairs: number): Promise<Result[]> {
  const { blocks, txsPerBlock, gateMsPerBlock } = BETWEEN_ELS;
  const chain = await recorded({ family: 'op', blocks, txsPerBlock });
  const samples: { floor: number; ours: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    samples.push(
      await withEl('op-geth', chain.genesis, async (source) => {
        const floor = await followerRun(children, source, chain, '', 'floor');
        const ours = await withEl('op-geth', chain.genesis, (el) => lockstepBetween(children, source, el, blocks));
        process.stderr.write(`  op-geth to op-geth: ${ours.msPerBlock.toFixed(2)} ms per block\n`);
        return { floor: floor.msPerBlock, ours: ours.msPerBlock };
      }),
    );
  }
  const what = `op-geth from op-geth over RPC, ${blocks.toLocaleString('en')} light blocks`;
  return [
    medianResult({ id: 'B1.op-geth.rpc', name: `wall to floor, ${what}`, unit: 'ratio', ...NO_GOAL }, [
      ...samples.map(({ floor, ours }) => ours / floor),
    ]),
    medianResult(
      { id: 'B1.op-geth.rpc.block', name: `per block, ${what}`, unit: 'ms', gate: gateMsPerBlock, aim: null },
      samples.map(({ ours }) => ours),
    ),
  ];
}

async function recorded(shape: RecordedShape): Promise<Chain> {
  const file = await recordedChainFile(shape, CACHE_FOLDER);
  return { genesis: genesisOf(shape.family), file, blocks: shape.blocks };
}

function sourceOf(children: Children, { file }: Chain): Promise<SourceHandle> {
  return SourceHandle.start(children, {
    chain: { recordedFile: file },
    latencyMs: 0,
    bytesPerSecond: null,
    raw: true,
    live: null,
    onDemand: false,
  });
}
