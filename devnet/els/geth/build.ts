import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../project-root.js';

const MODULE_DIR = join(projectRoot, 'devnet/els/geth');
const PACKAGE = 'github.com/ethereum/go-ethereum/cmd/geth';

/**
 * The geth to run: the one that LOCKSTEP_GETH names, or the version that go.mod pins, built into the cache once.
 * @throws Error when it has to be built and there is no Go toolchain.
 */
export async function gethBinary(): Promise<string> {
  const named = process.env['LOCKSTEP_GETH'];
  if (named !== undefined && named !== '') return named;
  const version = pinnedVersion();
  const binary = join(projectRoot, '.cache/els', `geth-${version}`);
  if (!existsSync(binary)) await build(version, binary);
  return binary;
}

function pinnedVersion(): string {
  const match = /go-ethereum v(\S+)/.exec(readFileSync(join(MODULE_DIR, 'go.mod'), 'utf8'));
  const version = match?.[1];
  if (version === undefined) throw new Error(`${MODULE_DIR}/go.mod pins no go-ethereum`);
  return version;
}

async function build(version: string, binary: string): Promise<void> {
  process.stderr.write(`building geth ${version}: two minutes or more, once\n`);
  mkdirSync(dirname(binary), { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  try {
    await promisify(execFile)('go', ['build', '-trimpath', '-buildvcs=false', '-o', unfinished, PACKAGE], {
      cwd: MODULE_DIR,
    });
  } catch (cause) {
    throw new Error('geth needs a Go toolchain to be built; LOCKSTEP_GETH can name a finished binary instead', {
      cause,
    });
  }
  // Two builds at once end in the same file; a half-written one is never seen under the final name.
  renameSync(unfinished, binary);
}
