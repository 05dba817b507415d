import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Bench } from './bench.js';
import { Children } from './children.js';
import { prepareFloor } from './floor.js';
import { Unit } from './measure-cpu.js';
import { floorRun, lockstepRun } from './runs.js';
import type { SourceHandle } from './stubs.js';

/** Twice what was seen on a busy machine: what is beyond is another program, and no noise. */
const MAX_UNITS_PER_BLOCK = 6;
const MAX_RATIO_TO_FLOOR = 1.3;
const TRIES = 3;

/** The figures of the bench that noise changes little: CPU over CPU of the same minute, counts, and sleep over sleep. */
describe('the cost of a catch-up', () => {
  const children = new Children();
  const shape = { blocks: 300, transactionsPerBlock: 200 };
  let folder: string;
  let bench: Bench;
  let source: SourceHandle;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-test-'));
    bench = await Bench.start(children, true, { poolSize: 210, cacheFolder: folder });
    source = await bench.source(shape);
  });

  afterAll(async () => {
    await children.endAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is a few times the CPU that parsing a block as JSON takes, one call to the source and a fraction of a forkchoice per block', async () => {
    const unit = await Unit.create(bench);
    const before = unit.cpuMs();
    const costs = { newPayloadMs: 0, forkchoiceMs: 0 };
    const { cpuMs, forkchoices } = await lockstepRun(bench, source.url, await bench.chain(shape), costs, {
      fromNumber: shape.blocks / 2 + 1,
    });
    const perBlock = (cpuMs ?? NaN) / (shape.blocks / 2);
    expect(perBlock / Math.max(before, unit.cpuMs())).toBeLessThan(MAX_UNITS_PER_BLOCK);
    expect(forkchoices / shape.blocks).toBeLessThan(0.2);
    const calls = Object.values((await source.count()).calls).reduce((sum, count) => sum + count, 0);
    expect(calls / shape.blocks).toBeLessThan(1.1);
  });

  it('is no more time than the bare calls of the engine take', async () => {
    const chain = await bench.chain({ ...shape, blocks: 60 });
    const near = await bench.source({ ...shape, blocks: 60 });
    const costs = { newPayloadMs: 10, forkchoiceMs: 1 };
    const ratios: number[] = [];
    while (ratios.length < TRIES && !ratios.some((ratio) => ratio < MAX_RATIO_TO_FLOOR)) {
      const floor = await floorRun(bench.el, chain, prepareFloor(chain), costs);
      const ours = await lockstepRun(bench, near.url, chain, costs);
      ratios.push(ours.wallMs / floor.wallMs);
    }
    expect(Math.min(...ratios)).toBeLessThan(MAX_RATIO_TO_FLOOR);
  });
});
