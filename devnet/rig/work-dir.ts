import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { devAccounts } from '../accounts.js';
import type { Genesis } from '../genesis.js';
import type { Hex } from '../../src/util/hex.js';

/** Where one devnet keeps its files. */
export interface WorkDir {
  readonly path: string;
  readonly genesis: Genesis;
  readonly jwtSecretFile: string;
  /** Deletes the directory unless it was named by the caller. */
  remove(): void;
}

/**
 * Opens the named directory, or makes a temporary one. A directory that holds a devnet already keeps its genesis.
 * @throws Error when that devnet has another seed or is of another kind.
 */
export function openWorkDir(named: string | null, seed: string, newGenesis: Genesis): WorkDir {
  const path = named === null ? mkdtempSync(join(tmpdir(), 'lockstep-devnet-')) : resolve(named);
  mkdirSync(path, { recursive: true });
  const jwtSecretFile = join(path, 'jwt.hex');
  if (!existsSync(jwtSecretFile)) writeFileSync(jwtSecretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  return {
    path,
    genesis: keptGenesis(join(path, 'genesis.json'), seed, newGenesis),
    jwtSecretFile,
    remove: () => {
      if (named === null) rmSync(path, { recursive: true, force: true });
    },
  };
}

function keptGenesis(file: string, seed: string, newGenesis: Genesis): Genesis {
  if (!existsSync(file)) {
    writeFileSync(file, JSON.stringify(newGenesis));
    return newGenesis;
  }
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Genesis;
  const funded = devAccounts(seed).every((account) => (account.address.toLowerCase() as Hex) in kept.alloc);
  if (!funded) throw new Error(`${file} belongs to a devnet of another seed`);
  const [held, wanted] = [kept.config.chainId, newGenesis.config.chainId];
  if (held !== wanted) throw new Error(`${file} belongs to a devnet with chain id ${held}, not ${wanted}`);
  return kept;
}
