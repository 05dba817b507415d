import { opStackBinary } from '../op-stack/binaries.js';
import { gethBinary, opGethBinary } from './geth/launch.js';
import { rethBinary } from './reth/launch.js';

/** `npm run els`: builds what has to be built, one after the other, and says where each program is. */
const PROGRAMS: Readonly<Record<string, () => Promise<string | null>>> = {
  geth: () => gethBinary(),
  'op-geth': () => opGethBinary(),
  'op-node': () => opStackBinary('op-node'),
  'op-batcher': () => opStackBinary('op-batcher'),
  reth: () => rethBinary('reth'),
  'op-reth': () => rethBinary('op-reth'),
};

for (const [name, find] of Object.entries(PROGRAMS)) {
  const startedAt = performance.now();
  const binary = await find();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${name.padEnd(11)} ${binary ?? 'not at hand'} (${seconds} s)\n`);
}
