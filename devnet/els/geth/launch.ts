import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnSupervised, type BoundProcess } from '../../process/bound-process.js';
import { CHAIN_ID, GAS_LIMIT } from '../../genesis.js';
import { freePort } from '../../process/free-port.js';
import type { Launch } from '../launch.js';
import { gethBinary } from './build.js';

const STATE_SCHEME = ['--state.scheme', 'path'];

/** Starts geth, without peers unless they are asked for, on a database that it makes from the genesis file when there is none. */
export async function spawnGeth(launch: Launch): Promise<BoundProcess> {
  const geth = await gethBinary();
  const dataDir = ['--datadir', join(launch.dataDir, 'db')];
  if (!existsSync(join(launch.dataDir, 'db'))) {
    await promisify(execFile)(geth, ['init', ...STATE_SCHEME, ...dataDir, launch.genesisFile]);
  }
  const network = ['--networkid', String(CHAIN_ID), '--nodiscover', '--nat', 'none'];
  const peers = launch.p2p ? await p2pFlags(launch.dataDir) : ['--maxpeers', '0', '--port', '0'];
  const http = ['--http', '--http.addr', '127.0.0.1', '--http.port', String(launch.httpPort)];
  const engine = ['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(launch.enginePort)];
  return spawnSupervised(
    geth,
    [
      ...dataDir,
      ...STATE_SCHEME,
      ...['--syncmode', 'full', '--ipcdisable', '--cache', '128', '--miner.gaslimit', String(GAS_LIMIT)],
      ...network,
      ...peers,
      ...http,
      ...['--http.api', 'eth,net,web3,debug,admin,testing'],
      ...engine,
      ...['--authrpc.jwtsecret', launch.jwtSecretFile],
      ...launch.extraFlags,
    ],
    { logFile: launch.logFile },
  );
}

/** No flag of geth binds its p2p port to one address: only its configuration file can. */
async function p2pFlags(dataDir: string): Promise<string[]> {
  const file = join(dataDir, 'p2p.toml');
  writeFileSync(file, `[Node.P2P]\nListenAddr = "127.0.0.1:${await freePort()}"\n`);
  return ['--config', file, '--maxpeers', '4'];
}
