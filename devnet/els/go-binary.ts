import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { isJsonObject } from '../../src/util/json.js';
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
 * With their parts in C (secp256k1, zstd) as the releases have them, or without, which takes a third less to build. Without
 * them recovering a sender takes three times as long, a sixth of the CPU of geth over light blocks.
 */
export type CParts = 'with C' | 'without C';

/**
 * The binary to run: the one that the variable names, or the pinned version, built into the cache once.
 * @throws Error when it has to be built and there is no Go toolchain, or no C compiler for `with C`.
 */
export async function goBinary(program: GoProgram, cParts: CParts): Promise<string> {
  const named = namedBinary(program.variable);
  if (named !== undefined) return named;
  const version = pinnedVersion(program);
  const [name, tools] =
    cParts === 'with C'
      ? [`${program.name}-${version}-with-c`, 'a Go toolchain and a C compiler']
      : [`${program.name}-${version}`, 'a Go toolchain'];
  return cachedBinary(name, async (unfinished) => {
    process.stderr.write(`building ${program.name} ${version} ${cParts}: a minute or more, once\n`);
    try {
      await buildOnGoEthereum(program, unfinished, cParts);
    } catch (cause) {
      throw new Error(
        `${program.name} needs ${tools} to be built; ${program.variable} can name a finished binary instead`,
        { cause },
      );
    }
  });
}

const run = promisify(execFile);
const GO_ETHEREUM = 'github.com/ethereum/go-ethereum';

/** Nobody debugs these programs here. */
const BUILD_FLAGS = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags=-s -w'];

/** Collecting garbage is an eighth of the work of a build. Above the limit it is done after all: the machine may be small. */
const COMPILER_MEMORY = { GOGC: 'off', GOMEMLIMIT: '2GiB' };

/**
 * `go build` of one package, without paths, version control and debugging tables in the result. All programs of a devnet
 * are built alike, without C, so that they share the standard library and their common packages.
 */
export async function goBuild(
  moduleDir: string,
  args: readonly string[],
  out: string,
  cParts: CParts = 'without C',
): Promise<void> {
  await run('go', ['build', ...BUILD_FLAGS, '-o', out, ...args], {
    cwd: moduleDir,
    env: { ...process.env, ...COMPILER_MEMORY, CGO_ENABLED: cParts === 'with C' ? '1' : '0' },
  });
}

async function buildOnGoEthereum(program: GoProgram, out: string, cParts: CParts): Promise<void> {
  const moduleDir = join(projectRoot, program.moduleDir);
  const own = `${out}.mod`;
  try {
    await mkdir(own, { recursive: true });
    for (const file of ['go.mod', 'go.sum']) await cp(join(moduleDir, file), join(own, file));
    const replaced = `-replace=${GO_ETHEREUM}=${await goEthereum(program.moduleDir)}`;
    await run('go', ['mod', 'edit', replaced, join(own, 'go.mod')]);
    await goBuild(moduleDir, [`-modfile=${join(own, 'go.mod')}`, program.package], out, cParts);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

const EAGER_KZG = /(else \{\s*)gokzgIniter\.Do\(gokzgInit\)/;

/**
 * The go-ethereum that a module pins, or what it puts in its place, as a directory in which one line is missing: geth
 * computes the KZG tables of blobs at every start, which takes more than all else in the life of a test, 2.6 of 4 seconds
 * of CPU. Every function that needs the tables asks for them as well.
 */
export async function goEthereum(moduleDir: string): Promise<string> {
  const pinned = await moduleDirectory(moduleDir, GO_ETHEREUM);
  return cachedBinary(`source-${basename(pinned)}`, async (unfinished) => {
    await copyModule(pinned, unfinished);
    const file = join(unfinished, 'crypto/kzg4844/kzg4844.go');
    const source = await readFile(file, 'utf8');
    if (!EAGER_KZG.test(source)) throw new Error(`${pinned} does not begin the KZG tables where it did`);
    await writeFile(file, source.replace(EAGER_KZG, '$1'));
  });
}

/** The files of the module cache are read-only; those of the copy are not. */
export async function copyModule(from: string, to: string, entries = /^/): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from)) {
    if (entries.test(entry)) await cp(join(from, entry), join(to, entry), { recursive: true });
  }
  await run('chmod', ['-R', 'u+w', to]);
}

/** Where the version of a module that a go.mod of this project pins stands, downloaded and checked by its go.sum. */
export async function moduleDirectory(moduleDir: string, module: string): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: join(projectRoot, moduleDir) });
  const downloaded: unknown = JSON.parse(stdout);
  const directory = isJsonObject(downloaded) ? downloaded['Dir'] : undefined;
  if (typeof directory !== 'string') throw new Error(`go mod download gave no directory for ${module}`);
  return directory;
}

/** The version that a go.mod pins. */
export function pinnedVersion({ moduleDir, version }: Pick<GoProgram, 'moduleDir' | 'version'>): string {
  const file = join(projectRoot, moduleDir, 'go.mod');
  const found = version.exec(readFileSync(file, 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${file} pins no version that matches ${version.source}`);
  return found;
}
