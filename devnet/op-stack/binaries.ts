import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedBinary, namedBinary } from '../els/cached-binary.js';
import { copyModule, goBuild, goEthereum, moduleDirectory, pinnedVersion } from '../els/go-binary.js';
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
    try {
      await goBuild(await mainModule(version), [`./${program}/cmd`], unfinished);
    } catch (cause) {
      throw new Error(
        `${program} needs a Go toolchain to be built; ${VARIABLES[program]} can name a finished binary instead`,
        { cause },
      );
    }
  });
}

/** The module as a main module, so that replace directives count: one for both programs. */
function mainModule(version: string): Promise<string> {
  return cachedBinary(`source-optimism@${version}`, async (unfinished) => {
    const opGeth = await goEthereum(OP_GETH_MODULE);
    await copyModule(await moduleDirectory(MODULE.moduleDir, MODULE_PATH), unfinished, NEEDED);
    await addChainConfigs(unfinished, opGeth);
    await buildOnOpGeth(unfinished, opGeth);
  });
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
 * those of our op-geth, two thirds of its packages are compiled already: also those of op-geth itself, as long as both call
 * it by the same version of go-ethereum, which is part of the paths that -trimpath leaves.
 */
async function buildOnOpGeth(copy: string, opGeth: string): Promise<void> {
  const ours = join(projectRoot, OP_GETH_MODULE);
  const replaced = [`-replace=${OP_GETH_MODULE_PATH}=${ours}`, `-replace=github.com/ethereum/go-ethereum=${opGeth}`];
  await run('go', ['mod', 'edit', ...replaced], { cwd: copy });
  for (const moduleDir of [OP_GETH_MODULE, MODULE.moduleDir]) {
    await appendFile(join(copy, 'go.sum'), await readFile(join(projectRoot, moduleDir, 'go.sum')));
  }
  const packages = Object.keys(VARIABLES).map((program) => `./${program}/cmd`);
  await run('go', ['get', `${OP_GETH_MODULE_PATH}@v0.0.0`, ...packages], { cwd: copy });
}
