import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { missing } from '../faults/named-tests.js';
import { parseModules } from '../architecture/modules.js';
import { readTree } from '../architecture/tree.js';
import { securityPage, THREAT_ROWS } from './page.js';

const modules = [...parseModules(readTree('src')).values()];

describe('the table of threats', () => {
  it('has one row for every id, in order', () => {
    expect(THREAT_ROWS.map(({ id }) => id)).toEqual(Array.from({ length: 17 }, (_, index) => `T${index + 1}`));
  });

  it.each(THREAT_ROWS)('names tests that exist: $id', ({ shown }) => {
    expect(shown.map(missing).filter((problem) => problem !== null)).toEqual([]);
  });

  it('is what docs/security.md shows (else run `npm run docs`)', () => {
    expect(readFileSync('docs/security.md', 'utf8')).toBe(securityPage());
  });
});

describe('lockstep', () => {
  it('starts no process, and no worker', () => {
    const starting = ['node:child_process', 'node:cluster', 'node:worker_threads'];
    const found = modules.flatMap(({ path, imports }) =>
      imports.flatMap(({ packageName }) => (starting.includes(packageName ?? '') ? [`${path}: ${packageName}`] : [])),
    );
    expect(modules.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });

  it('has no code that is made of text', () => {
    const found = modules.filter(({ ast }) => /\b(eval|new Function|vm\.run\w+)\(/.test(ast.text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

describe('the packages', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { readonly packages: Record<string, Locked> };

  it('are pinned by version and hash, every one', () => {
    const wanted = { ...manifest['dependencies'], ...manifest['devDependencies'] };
    const loose = Object.entries(wanted).filter(([, version]) => !/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+$/.test(version));
    const unhashed = Object.entries(lock.packages).filter(
      ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
    );
    expect(Object.keys(wanted).length).toBeGreaterThan(10);
    expect(loose).toEqual([]);
    expect(unhashed.map(([path]) => path)).toEqual([]);
  });

  it('bring no script of their own into the program that is run', () => {
    const running = Object.keys(manifest['dependencies'] ?? {}).map((name) => lock.packages[`node_modules/${name}`]);
    expect(running.filter((entry) => entry === undefined || 'hasInstallScript' in entry)).toEqual([]);
  });
});
