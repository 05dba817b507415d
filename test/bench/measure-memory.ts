import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { leastResult, medianResult, type Result } from './results.js';
import { freePort } from '../../devnet/process/free-port.js';
import { genesisOf, lockstepRun, withLockstep } from './runs.js';

/** The default of --l2.follow.prefetch-bytes. */
const WINDOW_BYTES = 64 * 2 ** 20;
const MEGABYTE = 1e6;

/** B6: whether memory stays flat over a long catch-up, and how high it gets. */
export async function measureMemory(bench: Bench): Promise<Result[]> {
  const shape = { blocks: bench.quick ? 2_000 : 20_000, transactionsPerBlock: 200 };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { onDemand: true });
  try {
    const costs = { newPayloadMs: 0, forkchoiceMs: 0 };
    const { memory } = await lockstepRun(bench, source.url, chain, costs, { fromNumber: shape.blocks / 5 });
    if (memory === null) throw new Error('lockstep was not watched');
    const { openedBytes, closedBytes, peakBytes } = memory;
    const blocks = shape.blocks.toLocaleString('en');
    const window = WINDOW_BYTES / MEGABYTE;
    const growth = { id: 'B6', name: `RSS growth over ${blocks} blocks`, unit: '%', gate: 20, aim: 10 };
    const peak = { id: 'B6.peak', name: `peak RSS over ${blocks} blocks, window of ${window.toFixed(0)} MB` };
    return [
      medianResult(growth, [((closedBytes - openedBytes) / closedBytes) * 100]),
      medianResult({ ...peak, unit: 'MB', gate: Math.round(110 + window), aim: Math.round(80 + window) }, [
        peakBytes / MEGABYTE,
      ]),
    ];
  } finally {
    await source.close();
  }
}

/** About 20 MB of hex each. */
const HUGE = { blocks: 64, transactionsPerBlock: 30_000 };
const HUGE_BLOCK_BYTES = 20e6;
const LOOK_EVERY_MS = 20;

/** B7: whether the bytes of fetched blocks stay within their limit, when blocks are huge and the EL slow. */
export async function measureWindow(bench: Bench): Promise<Result[]> {
  const shape = { ...HUGE, blocks: bench.quick ? 16 : HUGE.blocks };
  const chain = await bench.chain(shape);
  const source = await bench.source(shape, { onDemand: true });
  const port = await freePort();
  try {
    const ends = { fromNumber: 1, targetNumber: shape.blocks };
    const costs = { newPayloadMs: 500, forkchoiceMs: 1 };
    const { window } = await bench.el.begin({ genesis: genesisOf(chain), ...costs, ...ends });
    const flags = ['--metrics.enabled', '--metrics.addr', '127.0.0.1', '--metrics.port', String(port)];
    const peakBytes = await withLockstep(bench, { sourceUrl: source.url, flags }, async ({ gone }) => {
      const done = Promise.race([window.then(() => true), gone]);
      let peak = 0;
      do peak = Math.max(peak, await externalBytes(`http://127.0.0.1:${port}/metrics`));
      while (!(await Promise.race([done, wait(LOOK_EVERY_MS, false)])));
      return peak;
    });
    const name = { id: 'B7', name: 'peak external bytes, blocks of 20 MB', unit: 'MB' };
    const gate = Math.round((WINDOW_BYTES + 2 * HUGE_BLOCK_BYTES) / MEGABYTE);
    return [leastResult({ ...name, gate, aim: Math.round(WINDOW_BYTES / MEGABYTE) }, [peakBytes / MEGABYTE])];
  } finally {
    await source.close();
  }
}

/** 0 before the metrics are served. */
async function externalBytes(url: string): Promise<number> {
  const text = await fetch(url).then(
    (response) => response.text(),
    () => '',
  );
  return Number(/^nodejs_external_memory_bytes (\S+)$/m.exec(text)?.[1] ?? 0);
}
