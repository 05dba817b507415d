import type { RlpBlock } from '../../src/chain/fetched-block.js';
import { type BlockHasher, ScriptHasher } from '../../src/payload/block-hasher.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { WasmHasher } from '../../src/payload/wasm-hasher.js';
import type { Bench } from './bench.js';
import { rawForm } from './block-forms.js';
import { medianResult, type Result } from './results.js';

/** Above this share of the CPU of JavaScript the module would not be worth its keep. */
const GATE = 0.8;
const AIM = 0.5;

const CASES = [
  { id: 'B2.verify', transactionsPerBlock: 200, perSample: 100 },
  { id: 'B2.verify.2000', transactionsPerBlock: 2_000, perSample: 10 },
];

/** CPU of verifying raw blocks in WebAssembly, to that in JavaScript with hash-wasm. The two take turns in one process. */
export async function measureVerification(bench: Bench): Promise<Result[]> {
  await initKeccak();
  const wasm = WasmHasher.create();
  if (wasm === null) return [];
  const script = new ScriptHasher();
  const results: Result[] = [];
  for (const { id, transactionsPerBlock, perSample } of CASES) {
    const [, ...chain] = await bench.chain({ blocks: 12, transactionsPerBlock });
    const blocks = chain.map((block): RlpBlock => {
      const text = Buffer.from(rawForm(block), 'latin1');
      return { form: 'rlp', text, start: 3, end: text.length - 1 };
    });
    const ratio = (): number => cpuMs(blocks, wasm, perSample) / cpuMs(blocks, script, perSample);
    // The first calls run while the compilers of V8 are at work.
    for (let run = 0; run < 5; run += 1) ratio();
    const ratios = Array.from({ length: bench.quick ? 5 : 15 }, ratio);
    const name = `CPU of verification to that in JavaScript, ${transactionsPerBlock} tx`;
    results.push(medianResult({ id, name, unit: 'ratio', gate: GATE, aim: AIM }, ratios));
  }
  return results;
}

function cpuMs(blocks: readonly RlpBlock[], hasher: BlockHasher, count: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i += 1) {
    const block = blocks[i % blocks.length];
    if (block !== undefined) verifyBlock(block, {}, hasher);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
