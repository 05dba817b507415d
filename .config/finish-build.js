import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, bundleLauncher, warm } from './bundles.js';
import { leanEl } from './lean-el.js';
import { leanLockstep } from './lean-lockstep.js';

const LOCKSTEP = { launcher: 'dist/lockstep.js', file: 'dist/bundle/lockstep.cjs' };
const EL = 'dist/devnet/els/ethereumjs';
const EL_BUNDLE = { launcher: `${EL}/bundle/main.js`, file: `${EL}/bundle/main.cjs` };

/** lockstep is one file, and one that runs it: it starts in a third of the time that its modules take, and needs no package. */
async function bundleLockstep() {
  await bundleLauncher('dist/src/launch.js', LOCKSTEP.launcher);
  await bundle({
    entryPoints: ['dist/src/main.js'],
    outfile: LOCKSTEP.file,
    legalComments: 'linked',
    plugins: [leanLockstep],
  });
  // A boot that finds nobody runs most of what every start runs.
  await inFolder(async (folder) => {
    const secret = join(folder, 'jwt.hex');
    writeFileSync(secret, '00'.repeat(32), { mode: 0o600 });
    const sides = ['--l2.follow.source', 'http://127.0.0.1:1', '--l2', 'http://127.0.0.1:2', '--l2.jwt-secret', secret];
    await warm({ ...LOCKSTEP, args: ['run', ...sides, '--boot-timeout', '1s', '--rpc.port', '0'] });
  });
}

/** The live page for browsers, which lockstep reads when somebody asks for it. */
async function bundlePage() {
  await build({
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    banner: { js: `/*! With uPlot:\n${readFileSync('node_modules/uplot/LICENSE', 'utf8')}*/` },
    logLevel: 'error',
    tsconfig: 'src/page/tsconfig.json',
    entryPoints: { page: 'src/page/main.ts', style: 'src/page/style.css' },
    entryNames: '[name]',
    outdir: 'dist/page',
  });
  copyFileSync('src/page/index.html', 'dist/page/index.html');
}

/**
 * The ethereumjs client is a thousand modules, which take Node longer to load than most tests run: as one file it
 * starts in a third of the time. What is native stays outside of it.
 */
async function bundleEl() {
  await bundleLauncher(`${EL}/start.js`, EL_BUNDLE.launcher);
  await bundle({
    entryPoints: [`${EL}/main.js`],
    outfile: EL_BUNDLE.file,
    external: ['level', 'secp256k1'],
    // Its module for import waits while it is loaded.
    alias: { 'bigint-crypto-utils': './node_modules/bigint-crypto-utils/dist/index.node.cjs' },
    plugins: [leanEl],
  });
  await bundle({ entryPoints: [`${EL}/kzg.js`], outfile: `${EL}/bundle/kzg.cjs` });
  // The client looks for its version in the nearest package.json.
  const { name, version } = JSON.parse(readFileSync('node_modules/@ethereumjs/client/package.json', 'utf8'));
  writeFileSync(`${EL}/bundle/package.json`, JSON.stringify({ name, version, type: 'module' }));
}

function warmEl() {
  return inFolder(async (folder) => {
    const { createGenesis, FIXED_GENESIS_TIMESTAMP: timestamp } = await import('../dist/devnet/genesis.js');
    const [genesis, secret] = [join(folder, 'genesis.json'), join(folder, 'jwt.hex')];
    writeFileSync(genesis, JSON.stringify(createGenesis({ seed: '1', timestamp })));
    writeFileSync(secret, '00'.repeat(32));
    await warm({ ...EL_BUNDLE, args: [genesis, secret, '0', '0', '-'] });
  });
}

async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-build-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The image builds `src` alone, and most builds change nothing of the EL. */
function isBundleDue() {
  if (!existsSync(EL_BUNDLE.file)) return true;
  const modules = readdirSync(EL).filter((file) => file.endsWith('.js'));
  const config = ['finish-build.js', 'bundles.js', 'lean.js', 'lean-el.js'].map((file) => `.config/${file}`);
  const inputs = [
    ...modules.map((file) => `${EL}/${file}`),
    ...config,
    'dist/src/util/run-bundle.js',
    'package-lock.json',
  ];
  const bundledAt = statSync(EL_BUNDLE.file).mtimeMs;
  return inputs.some((input) => statSync(input).mtimeMs > bundledAt);
}

await bundleLockstep();
await bundlePage();
if (existsSync(EL)) {
  if (isBundleDue()) await bundleEl();
  await warmEl();
}
