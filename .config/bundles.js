import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { build } from 'esbuild';

/** V8 keeps the code of a script, and not that of a module: so a bundle is CommonJS. */
const BUNDLE = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  define: { 'import.meta.url': 'moduleUrl', 'import.meta.dirname': '__dirname' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  supported: { 'dynamic-import': false },
  logLevel: 'error',
  write: false,
};

/** The module that runs a bundle. */
export function bundleLauncher(entry, outfile) {
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' };
  return build({ ...options, entryPoints: [entry], outfile });
}

/** Bundles what `options` say. A file that is what it was before is left alone, with the code that V8 made of it. */
export async function bundle(options) {
  const { outputFiles } = await build({ ...BUNDLE, ...options });
  for (const { path, text } of outputFiles) {
    const contents = Buffer.from(inAscii(text), 'latin1');
    if (existsSync(path) && readFileSync(path).equals(contents)) {
      utimesSync(path, new Date(), new Date());
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    for (const file of cachesOf(path)) rmSync(`${dirname(path)}/${file}`);
    writeFileSync(`${path}.new`, contents);
    renameSync(`${path}.new`, path);
  }
}

/**
 * As ASCII a bundle is read faster, and kept in half the memory. What is said in code is ASCII already, but for regular
 * expressions.
 */
function inAscii(text) {
  return text.replace(/^.*[^\n\x00-\x7f].*$/gm, (line) => {
    const isComment = /^\s*(?:\*|\/\*)|\/\//.test(line.slice(0, line.search(/[^\x00-\x7f]/)));
    if (!isComment) throw new Error(`a bundle is ASCII, and this is not: ${line}`);
    return line.replace(/[^\x00-\x7f]/g, '?');
  });
}

/** Runs a bundle once, where that was not done yet with this version of Node; it ends when its input does, or before. */
export async function warm({ launcher, file, args }) {
  const name = `.${process.version}-${process.arch}.cache`;
  if (cachesOf(file).some((cache) => cache.endsWith(name))) return;
  const child = spawn(process.execPath, ['.config/code-cache.js', launcher, file, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH },
  });
  // The EL says in one line that it is up, and stops when its input ends.
  child.stdout.once('data', () => child.stdin.end());
  child.stdout.resume();
  await once(child, 'exit');
}

function cachesOf(file) {
  if (!existsSync(dirname(file))) return [];
  return readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`) && name.endsWith('.cache'));
}
