import type { Bench } from './bench.js';
import { prepareFloor, replay } from './floor.js';
import { leastResult, type Result } from './results.js';
import { genesisOf, withLockstep } from './runs.js';
import type { SourceCounts } from './stub-messages.js';

const BELOW_FORK_BLOCKS = 60;
const ROUND_TRIP_MS = 50;
const COSTS = { newPayloadMs: 0, forkchoiceMs: 0 };

interface SearchCost {
  readonly depth: number;
  readonly calls: number;
  /** Calls that were under way together count once. */
  readonly trips: number;
  /** From the first call to the answer of the last. */
  readonly wallMs: number;
}

/** B5: what the search for the common ancestor asks of the source, by the depth of the fork. */
export async function measureRecovery(bench: Bench): Promise<Result[]> {
  const depths = bench.quick ? [1, 16, 256] : [1, 4, 16, 64, 256, 1_024, 4_096];
  const costs: SearchCost[] = [];
  for (const depth of depths) costs.push(await searchCost(bench, depth));
  const deepest = costs.at(-1);
  if (deepest === undefined) throw new Error('no depth was measured');
  const where = `branch of ${deepest.depth}`;
  return [
    callsResult('B5', deepest),
    leastResult({ id: 'B5.trips', name: `round trips of the search, ${where}`, unit: 'trips', gate: null, aim: 4 }, [
      deepest.trips,
    ]),
    leastResult(
      {
        id: 'B5.wall',
        name: `wall of the search, ${where}, RTT ${ROUND_TRIP_MS} ms`,
        unit: 'ms',
        gate: null,
        aim: null,
      },
      [deepest.wallMs],
    ),
    ...costs.slice(0, -1).map((cost) => callsResult(`B5.d${cost.depth}`, cost)),
  ];
}

function callsResult(id: string, { depth, calls }: SearchCost): Result {
  const [gate, aim] = [2 * Math.log2(depth) + 4, Math.log2(depth) + 3];
  return leastResult({ id, name: `source calls of the search, branch of ${depth}`, unit: 'calls', gate, aim }, [calls]);
}

/** The EL stands on a branch of its own; lockstep starts, finds that out and brings it back. */
async function searchCost(bench: Bench, depth: number): Promise<SearchCost> {
  const shape = { blocks: BELOW_FORK_BLOCKS + depth, transactionsPerBlock: 0 };
  const chain = await bench.chain(shape);
  const branch = await bench.chain({ ...shape, branchesAt: BELOW_FORK_BLOCKS });
  const source = await bench.source(shape, { latencyMs: ROUND_TRIP_MS });
  try {
    const begin = { genesis: genesisOf(chain), ...COSTS, fromNumber: 1 };
    const branched = await bench.el.begin({ ...begin, targetNumber: shape.blocks });
    await replay(bench.el.url, prepareFloor(branch));
    await branched.window;
    const { headersRead } = await withLockstep(bench, { sourceUrl: source.url }, async ({ gone }) => {
      await Promise.race([bench.el.standsAt(chain.at(-1)?.hash ?? ''), gone]);
      return source.count();
    });
    return searchIn(headersRead, depth, shape.blocks);
  } finally {
    await source.close();
  }
}

/** Reads at the height where both heads differ are how that was found out; the search is what lies below. */
function searchIn(read: SourceCounts['headersRead'], depth: number, differsAt: number): SearchCost {
  const times = read.filter(([height]) => height > 0 && height < differsAt).map(([, atNs]) => atNs / 1e6);
  const [first = 0] = times;
  const trips = times.filter((at, index) => index === 0 || at - (times[index - 1] ?? 0) > ROUND_TRIP_MS / 2).length;
  return { depth, calls: times.length, trips, wallMs: (times.at(-1) ?? 0) - first + ROUND_TRIP_MS };
}
