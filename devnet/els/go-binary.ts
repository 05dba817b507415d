import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../project-root.js';
import { cachedBinary, namedBinary } from './cached-binary.js';

/** A Go program whose version a module of this project pins. */
export interface GoProgram {
  readonly name: string;
  /** The directory of go.mod and go.sum, from the project root. */
  readonly moduleDir: string;
  /** Finds the version in go.mod: the first group. */
  readonly version: RegExp;
  readonly package: string;
  /** Names a finished binary instead. */
  readonly variable: string;
}

/**
 * The binary to run: the one that the variable names, or the pinned version, built into the cache once.
 * @throws Error when it has to be built and there is no Go toolchain.
 */
export async function goBinary(program: GoProgram): Promise<string> {
  const named = namedBinary(program.variable);
  if (named !== undefined) return named;
  const version = pinnedVersion(program);
  return cachedBinary(`${program.name}-${version}`, async (unfinished) => {
    process.stderr.write(`building ${program.name} ${version}: a minute or more, once\n`);
    try {
      await goBuild(join(projectRoot, program.moduleDir), program.package, unfinished);
    } catch (cause) {
      throw new Error(
        `${program.name} needs a Go toolchain to be built; ${program.variable} can name a finished binary instead`,
        { cause },
      );
    }
  });
}

/** A devnet needs neither debugging tables nor C (secp256k1, zstd): without them geth and op-geth take a third less to build. */
const BUILD_FLAGS = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags=-s -w'];

/**
 * `go build` of one package, without paths, version control, C and debugging tables in the result. All programs are
 * built alike, so that they share the standard library and their common packages.
 */
export async function goBuild(moduleDir: string, packagePath: string, out: string): Promise<void> {
  await promisify(execFile)('go', ['build', ...BUILD_FLAGS, '-o', out, packagePath], {
    cwd: moduleDir,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
}

/** The version that a go.mod pins. */
export function pinnedVersion({ moduleDir, version }: Pick<GoProgram, 'moduleDir' | 'version'>): string {
  const file = join(projectRoot, moduleDir, 'go.mod');
  const found = version.exec(readFileSync(file, 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${file} pins no version that matches ${version.source}`);
  return found;
}
