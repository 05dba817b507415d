import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FileMap } from './modules.js';

/** Folders that no checkout holds: dependencies, build output and caches. */
const NOT_IN_TREE = new Set(['.git', 'node_modules', 'dist', 'coverage', '.cache', '.devnet']);

/** Reads every text file of the project below `root`, by its path relative to the root. */
export function readTree(root: string): FileMap {
  const files = new Map<string, string>();
  collect(root, '', files);
  return files;
}

function collect(root: string, folder: string, files: Map<string, string>): void {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!NOT_IN_TREE.has(entry.name)) collect(root, relative, files);
    } else if (entry.isFile()) {
      const bytes = readFileSync(path.join(root, relative));
      if (!bytes.includes(0)) files.set(relative, bytes.toString('utf8'));
    }
  }
}
