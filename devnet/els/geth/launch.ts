import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnSupervised, type BoundProcess } from '../../process/bound-process.js';
import { freePort } from '../../process/free-port.js';
import { namedBinary } from '../cached-binary.js';
import { type CParts, goBinary, pinnedVersion, type GoProgram } from '../go-binary.js';
import type { Launch } from '../launch.js';

const PACKAGE = 'github.com/ethereum/go-ethereum/cmd/geth';

const GETH: GoProgram = {
  name: 'geth',
  moduleDir: 'devnet/els/geth',
  version: /go-ethereum v(\S+)/,
  package: PACKAGE,
  variable: 'LOCKSTEP_GETH',
};

/** It keeps the module path of geth, so its go.mod replaces that. */
const OP_GETH: GoProgram = {
  name: 'op-geth',
  moduleDir: 'devnet/els/op-geth',
  version: /=> github\.com\/ethereum-optimism\/op-geth v(\S+)/,
  package: PACKAGE,
  variable: 'LOCKSTEP_OP_GETH',
};

/** Which op-geth is run: the pinned version, or a binary that somebody named. */
export function opGethVersion(): string {
  return namedBinary(OP_GETH.variable) === undefined ? `op-geth ${pinnedVersion(OP_GETH)}` : 'a named binary';
}

const STATE_SCHEME = ['--state.scheme', 'path'];

export function gethBinary(cParts: CParts = 'without C'): Promise<string> {
  return goBinary(GETH, cParts);
}

export function opGethBinary(cParts: CParts = 'without C'): Promise<string> {
  return goBinary(OP_GETH, cParts);
}

/** Starts geth, without peers unless they are asked for, on a database that it makes from the genesis file when there is none. */
export async function spawnGeth(launch: Launch): Promise<BoundProcess> {
  const own = ['--http.api', 'eth,net,web3,debug,admin,testing', '--miner.gaslimit', String(launch.gasLimit)];
  return spawnAsGeth(await gethBinary(launch.cParts), launch, own);
}

/** Starts op-geth in the same way. Its debug methods are then served on the engine port as well. */
export async function spawnOpGeth(launch: Launch): Promise<BoundProcess> {
  const own = ['--http.api', 'eth,net,web3,debug,admin,miner,txpool', '--rollup.disabletxpoolgossip'];
  return spawnAsGeth(await opGethBinary(launch.cParts), launch, own);
}

async function spawnAsGeth(binary: string, launch: Launch, own: readonly string[]): Promise<BoundProcess> {
  const dataDir = ['--datadir', join(launch.dataDir, 'db')];
  if (!existsSync(join(launch.dataDir, 'db'))) {
    await promisify(execFile)(binary, ['init', ...STATE_SCHEME, ...dataDir, launch.genesisFile]);
  }
  const network = ['--networkid', String(launch.chainId), '--nodiscover'];
  const peers = launch.p2p ? await p2pFlags(launch.dataDir) : ['--maxpeers', '0', '--port', '0'];
  const http = ['--http', '--http.addr', '127.0.0.1', '--http.port', String(launch.httpPort)];
  const engine = ['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(launch.enginePort)];
  return spawnSupervised(
    binary,
    [
      ...dataDir,
      ...STATE_SCHEME,
      ...['--syncmode', 'full', '--ipcdisable', '--cache', '128', '--nat', 'none'],
      ...network,
      ...peers,
      ...http,
      ...engine,
      ...['--authrpc.jwtsecret', launch.jwtSecretFile],
      ...own,
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
