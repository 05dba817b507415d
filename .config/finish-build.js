import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { leanEl } from './lean-el.js';

const EL = 'dist/devnet/els/ethereumjs';
const BUNDLE = `${EL}/bundle/main.js`;

/** What the CommonJS packages in it find missing in a module. */
const COMMONJS_NAMES = `
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __dirname = import.meta.dirname;
`;

const COMMON = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: COMMONJS_NAMES },
  logLevel: 'error',
};

/**
 * lockstep is one file: it starts in half the time that Node needs to find and load its modules, and needs no package
 * beside it.
 */
function bundleLockstep() {
  return build({ ...COMMON, entryPoints: ['dist/src/main.js'], outfile: 'dist/lockstep.js', legalComments: 'linked' });
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
 * starts in half the time. What is native stays outside of it.
 */
async function bundleEl() {
  await build({
    ...COMMON,
    entryPoints: [`${EL}/main.js`],
    outfile: BUNDLE,
    external: ['level', 'secp256k1'],
    plugins: [leanEl],
  });
  await build({
    ...COMMON,
    format: 'cjs',
    banner: {},
    entryPoints: [`${EL}/kzg.js`],
    outfile: `${dirname(BUNDLE)}/kzg.cjs`,
  });
  // The client looks for its version in the nearest package.json.
  const { name, version } = JSON.parse(readFileSync('node_modules/@ethereumjs/client/package.json', 'utf8'));
  writeFileSync(`${EL}/bundle/package.json`, JSON.stringify({ name, version, type: 'module' }));
}

/** The image builds `src` alone, and most builds change nothing of the EL. */
function isBundleDue() {
  if (!existsSync(EL)) return false;
  if (!existsSync(BUNDLE)) return true;
  const modules = readdirSync(EL).filter((file) => file.endsWith('.js'));
  const inputs = [
    ...modules.map((file) => `${EL}/${file}`),
    'package-lock.json',
    '.config/finish-build.js',
    '.config/lean-el.js',
  ];
  const bundledAt = statSync(BUNDLE).mtimeMs;
  return inputs.some((input) => statSync(input).mtimeMs > bundledAt);
}

await bundleLockstep();
await bundlePage();
if (isBundleDue()) await bundleEl();
