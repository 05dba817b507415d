import { join } from 'node:path';
import { spawnBound, type BoundProcess } from '../../process/bound-process.js';
import type { Launch } from '../launch.js';

/** Starts the embedded client as a process of its own: a large block keeps it busy for longer than a test may block. */
export function spawnEthereumJs(launch: Launch): Promise<BoundProcess> {
  const dataDir = launch.persistent ? join(launch.dataDir, 'db') : '-';
  return spawnBound({
    program: 'devnet/els/ethereumjs/bundle/main',
    args: [launch.genesisFile, launch.jwtSecretFile, String(launch.httpPort), String(launch.enginePort), dataDir],
    logFile: launch.logFile,
  });
}
