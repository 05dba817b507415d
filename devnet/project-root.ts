import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json, found upwards, so that sources and compiled files agree on it. */
export const projectRoot = findUpwards(dirname(fileURLToPath(import.meta.url)));

/** The compiled form of a program of this project; `source` is its path without extension, from the project root. */
export function compiledProgram(source: string): string {
  const program = join(projectRoot, 'dist', `${source}.js`);
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run build\` first`);
  return program;
}

function findUpwards(start: string): string {
  let directory = start;
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no package.json above ${start}`);
    directory = parent;
  }
  return directory;
}
