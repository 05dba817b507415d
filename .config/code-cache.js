import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runBundle } from '../dist/src/util/run-bundle.js';

/** Runs a bundle once (arguments: the module that runs it, the bundle, its own arguments) and keeps what V8 made of it. */
const [launcher, bundle, ...args] = process.argv.slice(2);
process.argv = [process.execPath, launcher, ...args];

const { script, codeCache } = runBundle(pathToFileURL(resolve(launcher)).href, pathToFileURL(resolve(bundle)));

process.on('exit', () => {
  writeFileSync(`${codeCache}.new`, script.createCachedData());
  renameSync(`${codeCache}.new`, codeCache);
});
