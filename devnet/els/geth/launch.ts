import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnSupervised, type BoundProcess } from '../../process/bound-process.js';
import { CHAIN_ID, GAS_LIMIT } from '../../genesis.js';
import type { Launch } from '../launch.js';
import { gethBinary } from './build.js';

const STATE_SCHEME = ['--state.scheme', 'path'];

/** Starts geth without peers, on a database that it makes from the genesis file when there is none. */
export async function spawnGeth(launch: Launch): Promise<BoundProcess> {
  const geth = await gethBinary();
  const dataDir = ['--datadir', join(launch.dataDir, 'db')];
  if (!existsSync(join(launch.dataDir, 'db'))) {
    await promisify(execFile)(geth, ['init', ...STATE_SCHEME, ...dataDir, launch.genesisFile]);
  }
  const network = ['--networkid', String(CHAIN_ID), '--nodiscover', '--maxpeers', '0', '--port', '0', '--nat', 'none'];
  const http = ['--http', '--http.addr', '127.0.0.1', '--http.port', String(launch.httpPort)];
  const engine = ['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(launch.enginePort)];
  return spawnSupervised(
    geth,
    [
      ...dataDir,
      ...STATE_SCHEME,
      ...['--syncmode', 'full', '--ipcdisable', '--cache', '128', '--miner.gaslimit', String(GAS_LIMIT)],
      ...network,
      ...http,
      ...['--http.api', 'eth,net,web3,debug,testing'],
      ...engine,
      ...['--authrpc.jwtsecret', launch.jwtSecretFile],
      ...launch.extraFlags,
    ],
    { logFile: launch.logFile },
  );
}
