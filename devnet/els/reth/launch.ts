import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { freePort } from '../../process/free-port.js';
import { spawnSupervised, type BoundProcess } from '../../process/bound-process.js';
import { namedBinary } from '../cached-binary.js';
import type { Launch } from '../launch.js';

export type RethKind = 'reth' | 'op-reth';

const VARIABLES: Readonly<Record<RethKind, string>> = { reth: 'LOCKSTEP_RETH', 'op-reth': 'LOCKSTEP_OP_RETH' };

/** It is not built here: the binary that the variable names, else the one on PATH, else null. */
export async function rethBinary(kind: RethKind): Promise<string | null> {
  const named = namedBinary(VARIABLES[kind]);
  if (named !== undefined) return named;
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, kind);
    if (directory !== '' && (await isExecutable(candidate))) return candidate;
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export function spawnReth(launch: Launch): Promise<BoundProcess> {
  return spawnAsReth('reth', launch, []);
}

export function spawnOpReth(launch: Launch): Promise<BoundProcess> {
  return spawnAsReth('op-reth', launch, ['--rollup.disable-tx-pool-gossip']);
}

/** There is no init step: the database is made from the genesis file when there is none (engines-measured 3.1). */
async function spawnAsReth(kind: RethKind, launch: Launch, own: readonly string[]): Promise<BoundProcess> {
  const binary = await rethBinary(kind);
  if (binary === null) throw new Error(`there is no ${kind}: name a binary by ${VARIABLES[kind]}, or put it on PATH`);
  const http = ['--http', '--http.addr', '127.0.0.1', '--http.port', String(launch.httpPort)];
  const engine = ['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(launch.enginePort)];
  const peerless = ['--disable-discovery', '--max-outbound-peers', '0', '--max-inbound-peers', '0', '--nat', 'none'];
  return spawnSupervised(
    binary,
    [
      ...['node', '--chain', launch.genesisFile, '--datadir', join(launch.dataDir, 'db')],
      ...http,
      ...['--http.api', 'eth,net,web3,debug,admin,txpool'],
      ...engine,
      ...['--authrpc.jwtsecret', launch.jwtSecretFile],
      ...peerless,
      ...['--addr', '127.0.0.1', '--port', String(await freePort())],
      ...['--ipcdisable', '--log.file.max-files', '0', '--color', 'never'],
      ...own,
      ...launch.extraFlags,
    ],
    { logFile: launch.logFile },
  );
}
