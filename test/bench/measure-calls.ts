import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { leastResult, type Result } from './results.js';
import { genesisOf, lockstepRun, withLockstep } from './runs.js';
import type { SourceCounts } from './stub-messages.js';

/** B3: what lockstep asks of the source, in JSON-RPC calls per block; every element of a batch counts. */
export async function measureSourceCalls(bench: Bench): Promise<Result[]> {
  return [await callsInCatchUp(bench), ...(await callsAtHead(bench))];
}

/** Everything from exec to the last forkchoice counts, also what the start costs once. */
async function callsInCatchUp(bench: Bench): Promise<Result> {
  const shape = { blocks: bench.quick ? 400 : 1_000, transactionsPerBlock: 0 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape);
  try {
    await lockstepRun(bench.children, bench.el, source.url, chain, { newPayloadMs: 1, forkchoiceMs: 0.2 });
    const calls = total((await source.count()).calls, () => true);
    const name = { id: 'B3', name: 'source calls per block, catch-up', unit: 'calls', gate: 1.05, aim: 1 };
    return leastResult(name, [calls / shape.blocks]);
  } finally {
    await source.close();
  }
}

/** The head is polled: the chain grows by one block every two seconds, as on an OP Stack chain. */
async function callsAtHead(bench: Bench): Promise<Result[]> {
  const [settleBlocks, countedBlocks, blockTimeMs] = bench.quick ? [2, 6, 2_000] : [5, 15, 2_000];
  const from = 64;
  const shape = { blocks: from + settleBlocks + countedBlocks + 5, transactionsPerBlock: 200 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { live: { from, blockTimeMs } });
  try {
    const costs = { newPayloadMs: 5, forkchoiceMs: 0.5 };
    const { window } = await bench.el.begin({ genesis: genesisOf(chain), ...costs, fromNumber: 1, targetNumber: from });
    const counts = await withLockstep(bench.children, bench.el, source.url, async ({ gone }) => {
      await Promise.race([window, gone]);
      source.goLive();
      await Promise.race([wait(settleBlocks * blockTimeMs), gone]);
      const { headNumber } = await source.count();
      await Promise.race([wait(countedBlocks * blockTimeMs), gone]);
      const counted = await source.count();
      return { ...counted, blocks: counted.headNumber - headNumber };
    });
    const labels = total(counts.calls, isLabel) / counts.blocks;
    const others = total(counts.calls, (key) => !isLabel(key)) / counts.blocks;
    return [
      leastResult({ id: 'B3/head', name: 'source calls per block, head polled', unit: 'calls', gate: 2, aim: 1.3 }, [
        others,
      ]),
      // Two seconds per block, and two calls (safe and finalized) in a batch.
      leastResult({ id: 'B3/labels', name: 'source calls per block, labels', unit: 'calls', gate: null, aim: 0.15 }, [
        labels,
      ]),
    ];
  } finally {
    await source.close();
  }
}

function isLabel(key: string): boolean {
  return key.endsWith(' safe') || key.endsWith(' finalized');
}

function total(calls: SourceCounts['calls'], counts: (key: string) => boolean): number {
  return Object.entries(calls).reduce((sum, [key, count]) => sum + (counts(key) ? count : 0), 0);
}
