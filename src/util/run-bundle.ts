import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

interface Bundle {
  readonly script: Script;
  /** Where the build keeps what V8 made of it: good for one version of Node, and no other reads it. */
  readonly codeCache: string;
}

/**
 * Runs a CommonJS bundle in the place of the module at `url`: paths and packages are found from there. Where the build left
 * what V8 makes of it, and V8 finds that to be of its own version and flags, nothing is compiled.
 */
export function runBundle(url: string, bundle: URL): Bundle {
  const [main, file] = [fileURLToPath(url), fileURLToPath(bundle)];
  const codeCache = `${file}.${process.version}-${process.arch}.cache`;
  // Bundles are ASCII, which is read and kept in half the memory of UTF-8.
  const source = readFileSync(file, 'latin1');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData: readIfThere(codeCache),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parts: readonly unknown[]) => void;
  run(module.exports, createRequire(url), module, main, dirname(main));
  return { script, codeCache };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
