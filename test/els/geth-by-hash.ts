import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningEl } from '../../devnet/els/el.js';
import { gethBinary } from '../../devnet/els/geth/launch.js';
import type { Genesis } from '../../devnet/genesis.js';
import type { Scratch } from '../devnet/scratch.js';

/** A geth whose database stores the state by hash, in the place of the one by path that a launch would make. */
export async function launchByHash(
  scratch: Scratch,
  name: string,
  genesis: Genesis,
  flags: readonly string[] = [],
): Promise<RunningEl> {
  const dir = join(scratch.dir, name);
  const genesisFile = join(dir, 'genesis.json');
  const scheme = ['--state.scheme', 'hash'];
  mkdirSync(dir);
  writeFileSync(genesisFile, JSON.stringify(genesis));
  await promisify(execFile)(await gethBinary(), ['init', ...scheme, '--datadir', join(dir, 'db'), genesisFile]);
  return scratch.launch('geth', name, { genesis, extraFlags: [...scheme, ...flags] });
}
