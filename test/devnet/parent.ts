import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { launchEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';
import { spawnSupervised } from '../../devnet/process/bound-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { STUBBORN } from './stubborn.js';

/** Starts an EL and a supervised command that never ends by itself, prints their pids, and waits to be killed. */
const jwtSecretFile = process.argv[2] ?? '';
const el = await launchEl('ethereumjs', {
  dataDir: dirname(jwtSecretFile),
  genesis: createGenesis({ seed: '1', timestamp: FIXED_GENESIS_TIMESTAMP }),
  jwtSecretFile,
});
const stubborn = await spawnSupervised(process.execPath, ['-e', STUBBORN], { logFile: el.logFile });
await waitUntil('the stubborn child is up', () => readFileSync(el.logFile, 'utf8').includes('up'), 10_000);
process.stdout.write(`${JSON.stringify([el.pid, stubborn.pid])}\n`);
