import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isJsonObject } from '../../src/util/json.js';
import { CACHE_DIR, cachedBinary, namedBinary } from '../els/cached-binary.js';
import { goBuild, pinnedVersion } from '../els/go-binary.js';
import { projectRoot } from '../project-root.js';

/** The programs of the OP Stack beside its execution client. */
export type OpStackProgram = 'op-node' | 'op-batcher';

const MODULE = { moduleDir: 'devnet/op-stack', version: /ethereum-optimism\/optimism v(\S+)/ };
const MODULE_PATH = 'github.com/ethereum-optimism/optimism';
const OP_GETH_MODULE = 'devnet/els/op-geth';
const OP_GETH_MODULE_PATH = `lockstep/${OP_GETH_MODULE}`;
const VARIABLES: Readonly<Record<OpStackProgram, string>> = {
  'op-node': 'LOCKSTEP_OP_NODE',
  'op-batcher': 'LOCKSTEP_OP_BATCHER',
};

const run = promisify(execFile);

/** What the two programs are built from, out of the whole repository. */
const NEEDED = /^(op-.*|cannon|packages|go\.mod|go\.sum)$/;
const CONFIGS = 'superchain-configs.zip';

/**
 * The binary to run: the one that the variable names, or the pinned version, built into the cache once.
 * @throws Error when it has to be built and there is no Go toolchain.
 */
export async function opStackBinary(program: OpStackProgram): Promise<string> {
  const named = namedBinary(VARIABLES[program]);
  if (named !== undefined) return named;
  const version = pinnedVersion(MODULE);
  return cachedBinary(`${program}-${version}`, async (unfinished) => {
    process.stderr.write(`building ${program} ${version}: a minute or more, once\n`);
    const copy = join(CACHE_DIR, `optimism-${version}.${process.pid}`);
    try {
      await makeCopy(copy);
      await goBuild(copy, `./${program}/cmd`, unfinished);
    } catch (cause) {
      throw new Error(
        `${program} needs a Go toolchain to be built; ${VARIABLES[program]} can name a finished binary instead`,
        { cause },
      );
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
}

/** The module as a main module, so that replace directives count. */
async function makeCopy(copy: string): Promise<void> {
  const source = await moduleDirectory('devnet/op-stack', MODULE_PATH);
  const opGeth = await moduleDirectory(OP_GETH_MODULE, 'github.com/ethereum/go-ethereum');
  await mkdir(copy, { recursive: true });
  for (const entry of await readdir(source)) {
    if (NEEDED.test(entry)) await cp(join(source, entry), join(copy, entry), { recursive: true });
  }
  // The files of the module cache are read-only, and so are their copies.
  await run('chmod', ['-R', 'u+w', copy]);
  await addChainConfigs(copy, opGeth);
  await buildOnOpGeth(copy);
}

/**
 * The zip of the module lacks an embedded file that is not under version control upstream: the configurations of public
 * chains, which op-geth ships as well. A checksum that is compared when the program starts stands beside it. A devnet
 * reads neither (opstack 1).
 */
async function addChainConfigs(copy: string, opGeth: string): Promise<void> {
  const configs = await readFile(join(opGeth, 'superchain', CONFIGS));
  const target = join(copy, 'op-core/superchain');
  await writeFile(join(target, CONFIGS), configs);
  const sum = createHash('sha256').update(configs).digest('hex');
  await writeFile(join(target, `${CONFIGS}.sha256`), `${sum}  ${CONFIGS}\n`);
}

/**
 * Upstream builds on a release candidate of the op-geth that runs here, and on other versions of what they share. With
 * those of our op-geth, two thirds of its packages are compiled already.
 */
async function buildOnOpGeth(copy: string): Promise<void> {
  const ours = join(projectRoot, OP_GETH_MODULE);
  const opGeth = pinnedVersion({ moduleDir: OP_GETH_MODULE, version: /ethereum-optimism\/op-geth (v\S+)/ });
  const replaced = [
    `-replace=${OP_GETH_MODULE_PATH}=${ours}`,
    `-replace=github.com/ethereum/go-ethereum=github.com/ethereum-optimism/op-geth@${opGeth}`,
  ];
  await run('go', ['mod', 'edit', ...replaced], { cwd: copy });
  for (const moduleDir of [OP_GETH_MODULE, MODULE.moduleDir]) {
    await appendFile(join(copy, 'go.sum'), await readFile(join(projectRoot, moduleDir, 'go.sum')));
  }
  const packages = Object.keys(VARIABLES).map((program) => `./${program}/cmd`);
  await run('go', ['get', `${OP_GETH_MODULE_PATH}@v0.0.0`, ...packages], { cwd: copy });
}

/** Downloads the version of a module that a go.mod of this project pins, checked by its go.sum. */
async function moduleDirectory(pinnedIn: string, module: string): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', module], {
    cwd: join(projectRoot, pinnedIn),
  });
  const downloaded: unknown = JSON.parse(stdout);
  const directory = isJsonObject(downloaded) ? downloaded['Dir'] : undefined;
  if (typeof directory !== 'string') throw new Error(`go mod download gave no directory for ${module}`);
  return directory;
}
