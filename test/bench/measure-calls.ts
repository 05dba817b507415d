import type { Bench } from './bench.js';
import { liveRun, type LiveRun } from './live-run.js';
import { leastResult, type Result } from './results.js';
import { lockstepRun } from './runs.js';
import type { SourceCounts } from './stub-messages.js';

/** B3: what lockstep asks of the source, in JSON-RPC calls per block; every element of a batch counts. */
export async function measureSourceCalls(bench: Bench): Promise<Result[]> {
  return [await callsInCatchUp(bench), ...(await callsAtHead(bench))];
}

/** Everything from exec to the last forkchoice counts, also what the start costs once. */
async function callsInCatchUp(bench: Bench): Promise<Result> {
  const shape = { blocks: 1_000, transactionsPerBlock: 0 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape);
  try {
    await lockstepRun(bench, source.url, chain, { newPayloadMs: 1, forkchoiceMs: 0.2 });
    const calls = total((await source.count()).calls, () => true);
    const name = { id: 'B3', name: 'source calls per block, catch-up', unit: 'calls', gate: 1.02, aim: 1 };
    return leastResult(name, [calls / shape.blocks]);
  } finally {
    await source.close();
  }
}

/** The chain grows by one block every two seconds, as on an OP Stack chain. */
async function callsAtHead(bench: Bench): Promise<Result[]> {
  const [settleBlocks, countedBlocks] = bench.quick ? [4, 6] : [10, 30];
  const options = { blockTimeS: 2, settleBlocks, countedBlocks };
  const pushed = await liveRun(bench, { ...options, pushed: true });
  const polled = await liveRun(bench, { ...options, pushed: false });
  const name = { unit: 'calls' };
  return [
    leastResult({ ...name, id: 'B3.head', name: 'source calls per block, head by newHeads', gate: 1.2, aim: 1.05 }, [
      perBlock(pushed, (key) => !isLabel(key)),
    ]),
    leastResult({ ...name, id: 'B3.polled', name: 'source calls per block, head polled', gate: 2, aim: 1.3 }, [
      perBlock(polled, (key) => !isLabel(key)),
    ]),
    // Two seconds per block, and two calls (safe and finalized) in a batch.
    leastResult({ ...name, id: 'B3.labels', name: 'source calls per block, labels', gate: 0.3, aim: 0.15 }, [
      perBlock(polled, isLabel),
    ]),
  ];
}

function perBlock({ calls, blocks }: LiveRun, counts: (key: string) => boolean): number {
  return total(calls, counts) / blocks;
}

function isLabel(key: string): boolean {
  return key.endsWith(' safe') || key.endsWith(' finalized');
}

function total(calls: SourceCounts['calls'], counts: (key: string) => boolean): number {
  return Object.entries(calls).reduce((sum, [key, count]) => sum + (counts(key) ? count : 0), 0);
}
