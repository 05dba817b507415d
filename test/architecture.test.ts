import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { consoleUses, extraForkchoiceSenders, machinePaths, oversizes } from './architecture/code-rules.js';
import { ethersOnHotPath, forbiddenImports, importCycles } from './architecture/import-rules.js';
import { type Modules, parseModules } from './architecture/modules.js';
import { impurities } from './architecture/purity-rules.js';
import { readTree } from './architecture/tree.js';
import { deadExports, packageProblems, staleAllowances } from './architecture/usage-rules.js';

/** Exports without a user, each with the reason why it stays: `file#name` to reason. */
const ALLOWED_DEAD_EXPORTS: ReadonlyMap<string, string> = new Map();

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const tree = readTree(root);
const modules = parseModules(tree);

function manifestDependencies(): string[] {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as { dependencies?: Record<string, string> };
  return Object.keys(manifest.dependencies ?? {});
}

describe('the architecture', () => {
  it('reads the tree it judges', () => {
    expect(modules.has('src/engine/engine.ts')).toBe(true);
    expect(modules.has('test/architecture.test.ts')).toBe(true);
    expect(tree.has('package.json')).toBe(true);
  });

  it('lets every room import only what the import table allows', () => {
    expect(forbiddenImports(modules)).toEqual([]);
  });

  it('has no cycle of imports', () => {
    expect(importCycles(modules)).toEqual([]);
  });

  it('keeps clocks, chance and I/O out of the pure rooms', () => {
    expect(impurities(modules)).toEqual([]);
  });

  it('keeps ethers off the hot path', () => {
    expect(ethersOnHotPath(modules)).toEqual([]);
  });

  it('sends forkchoices from one place', () => {
    expect(extraForkchoiceSenders(modules)).toEqual([]);
  });

  it('keeps files within 300 lines and functions within 70', () => {
    expect(oversizes(modules)).toEqual([]);
  });

  it('has no export that nobody uses', () => {
    expect(deadExports(modules, ALLOWED_DEAD_EXPORTS)).toEqual([]);
    expect(staleAllowances(modules, ALLOWED_DEAD_EXPORTS)).toEqual([]);
  });

  it('does not write to the console', () => {
    expect(consoleUses(modules)).toEqual([]);
  });

  it('names no path of a machine', () => {
    expect(machinePaths(tree)).toEqual([]);
  });

  it('declares, uses and explains every runtime package', () => {
    const facts = {
      dependencies: manifestDependencies(),
      dependencyDoc: tree.get('docs/dependencies.md') ?? '',
    };
    expect(packageProblems(modules, facts)).toEqual([]);
  });
});

function project(files: Record<string, string>): Modules {
  return parseModules(new Map(Object.entries(files)));
}

/** A file that exports a value `x` and imports nothing. */
const LEAF = 'export const x = 1;\n';

describe('the import table', () => {
  it.each([
    ['util imports chain', 'src/util/a.ts', "import { x } from '../chain/b.js';", 'src/chain/b.ts'],
    ['payload imports source', 'src/payload/a.ts', "import { x } from '../source/b.js';", 'src/source/b.ts'],
    ['engine runs payload code', 'src/engine/a.ts', "import { x } from '../payload/b.js';", 'src/payload/b.ts'],
    [
      'follow imports the source client',
      'src/follow/a.ts',
      "import { x } from '../source/http.js';",
      'src/source/http.ts',
    ],
    ['status runs follow code', 'src/status/a.ts', "import { x } from '../follow/state.js';", 'src/follow/state.ts'],
    [
      'status names another file of follow',
      'src/status/a.ts',
      "import type { x } from '../follow/b.js';",
      'src/follow/b.ts',
    ],
    ['config imports chain', 'src/config/a.ts', "import { x } from '../chain/b.js';", 'src/chain/b.ts'],
    ['src imports a test', 'src/app/a.ts', "import { x } from '../../test/b.js';", 'test/b.ts'],
    ['src imports the devnet', 'src/main.ts', "import { x } from '../devnet/b.js';", 'devnet/b.ts'],
    ['src loads a room late', 'src/util/a.ts', "await import('../app/b.js');", 'src/app/b.ts'],
    ['src passes a room on', 'src/util/a.ts', "export { x } from '../app/b.js';", 'src/app/b.ts'],
    ['a room is not in the table', 'src/helpers/a.ts', 'export {};', 'src/util/b.ts'],
  ])('is broken when %s', (_case, file, text, target) => {
    expect(forbiddenImports(project({ [file]: text, [target]: LEAF }))).toHaveLength(1);
  });

  it.each([
    ['src/engine/a.ts', "import type { x } from '../payload/b.js';"],
    ['src/engine/a.ts', "import { type x } from '../payload/b.js';"],
    ['src/follow/a.ts', "import { x } from '../source/source.js';"],
    ['src/status/a.ts', "import type { x } from '../follow/state.js';"],
    ['src/app/a.ts', "import { x } from '../engine/http.js';"],
    ['src/main.ts', "import { x } from './app/run.js';"],
    ['test/a.ts', "import { x } from '../src/engine/http.js';"],
  ])('allows %s to say %s', (file, text) => {
    expect(forbiddenImports(project({ [file]: text }))).toEqual([]);
  });
});

describe('the other import rules', () => {
  it('find a cycle through three files', () => {
    const cyclic = project({
      'src/util/a.ts': "import './b.js';",
      'src/util/b.ts': "import type { x } from './c.js';",
      'src/util/c.ts': "export { y } from './a.js';",
    });
    expect(importCycles(cyclic)).toEqual(['src/util/a.ts -> src/util/b.ts -> src/util/c.ts -> src/util/a.ts']);
  });

  it('find ethers behind another file, and leave a type of it alone', () => {
    const files = { 'src/payload/a.ts': "import { x } from '../util/b.js';" };
    expect(ethersOnHotPath(project({ ...files, 'src/util/b.ts': "import { x } from 'ethers';" }))).toHaveLength(1);
    expect(ethersOnHotPath(project({ ...files, 'src/util/b.ts': "import type { x } from 'ethers';" }))).toEqual([]);
  });
});

describe('the purity rule', () => {
  it.each([
    "import { readFileSync } from 'node:fs';",
    "import { request } from 'undici';",
    "import { randomBytes } from 'node:crypto';",
    'export const now = (): number => Date.now();',
    'export const now = (): Date => new Date();',
    'export const chance = (): number => Math.random();',
    'export const wait = (): unknown => setTimeout(() => undefined, 1);',
    'export const env = process.env;',
    'export const get = (): unknown => globalThis.fetch === fetch;',
  ])('is broken by %s', (text) => {
    expect(impurities(project({ 'src/follow/decide.ts': text }))).toHaveLength(1);
    expect(impurities(project({ 'src/chain/a.ts': "import '../util/b.js';", 'src/util/b.ts': text }))).toHaveLength(1);
    expect(impurities(project({ 'src/follow/act.ts': text }))).toEqual([]);
  });

  it('allows hashing, dates of given times, and members that share the name of a global', () => {
    const text = [
      "import { createHash } from 'node:crypto';",
      'export const day = (ms: number): Date => new Date(ms);',
      'export const pick = (step: { process: string }): string => step.process;',
      'export const make = (): object => ({ process: createHash });',
    ].join('\n');
    expect(impurities(project({ 'src/payload/a.ts': text }))).toEqual([]);
  });
});

describe('the code rules', () => {
  it('find a file of 301 lines', () => {
    expect(oversizes(project({ 'src/util/a.ts': 'x;\n'.repeat(300) }))).toEqual([]);
    expect(oversizes(project({ 'src/util/a.ts': 'x;\n'.repeat(301) }))).toHaveLength(1);
  });

  it('find a function of 71 lines', () => {
    const body = (lines: number): string => `function f() {\n${'x;\n'.repeat(lines - 2)}}\n`;
    expect(oversizes(project({ 'devnet/a.ts': body(70) }))).toEqual([]);
    expect(oversizes(project({ 'devnet/a.ts': body(71) }))).toEqual(['devnet/a.ts:1: a function of 71 lines']);
  });

  it('find the console', () => {
    expect(consoleUses(project({ 'src/util/a.ts': '\nconsole.log(1);' }))).toEqual(['src/util/a.ts:2: uses console']);
  });

  it('find a path of a machine', () => {
    const planted = ['', 'home', 'someone', 'lockstep'].join('/');
    expect(machinePaths(new Map([['docs/a.md', `one\nsee ${planted}`]]))).toEqual([
      'docs/a.md:2: names a path of one machine',
    ]);
    expect(machinePaths(new Map([['docs/a.md', 'see /var/lib/lockstep and homes/rooted']]))).toEqual([]);
  });

  it('find a second caller and a second sender of forkchoices', () => {
    const call = 'export const f = (engine: any) => engine.applyForkchoice();';
    expect(extraForkchoiceSenders(project({ 'src/follow/a.ts': call }))).toEqual([]);
    expect(extraForkchoiceSenders(project({ 'src/follow/a.ts': call, 'src/app/b.ts': call }))).toHaveLength(1);
    const send = 'export const m = (v: number) => `engine_forkchoiceUpdatedV${v}`;';
    expect(extraForkchoiceSenders(project({ 'src/engine/a.ts': send }))).toEqual([]);
    expect(extraForkchoiceSenders(project({ 'src/follow/a.ts': send }))).toHaveLength(1);
  });
});

describe('the usage rules', () => {
  it('find a value that only a test uses', () => {
    const files = { 'src/util/a.ts': LEAF, 'test/a.test.ts': "import { x } from '../src/util/a.js';" };
    expect(deadExports(project(files), new Map())).toHaveLength(1);
    const user = { 'devnet/b.ts': "import { x } from '../src/util/a.js';" };
    expect(deadExports(project({ ...files, ...user }), new Map())).toEqual([]);
  });

  it('find a type that nobody uses, not one that a test or another export uses', () => {
    const alone = { 'src/util/a.ts': 'export interface T { a: 1 }' };
    expect(deadExports(project(alone), new Map())).toHaveLength(1);
    const tested = { ...alone, 'test/a.test.ts': "import type { T } from '../src/util/a.js';" };
    expect(deadExports(project(tested), new Map())).toEqual([]);
    const mentioned = {
      'src/util/a.ts': 'export interface T { a: 1 }\nexport function f(): T { return { a: 1 }; }',
      'src/main.ts': "import { f } from './util/a.js';",
    };
    expect(deadExports(project(mentioned), new Map())).toEqual([]);
  });

  it('find an allowance that is no longer needed', () => {
    const allow = new Map([['src/util/a.ts#x', 'a reason']]);
    expect(deadExports(project({ 'src/util/a.ts': LEAF }), allow)).toEqual([]);
    expect(staleAllowances(project({ 'src/util/a.ts': LEAF }), allow)).toEqual([]);
    expect(staleAllowances(project({ 'src/util/a.ts': '' }), allow)).toHaveLength(1);
  });

  it('find packages that are undeclared, unused, unexplained or gone', () => {
    const table = (...names: string[]): string =>
      ['| package | why |', '|---|---|', ...names.map((name) => `| \`${name}\` | because |`)].join('\n');
    const using = project({ 'src/util/a.ts': "import { x } from '@scope/left/deep.js';\nimport 'node:fs';" });
    const facts = { dependencies: ['@scope/left'], dependencyDoc: table('@scope/left') };
    expect(packageProblems(using, facts)).toEqual([]);
    expect(packageProblems(using, { ...facts, dependencies: [] })).toHaveLength(2);
    expect(packageProblems(project({}), facts)).toHaveLength(1);
    expect(packageProblems(using, { ...facts, dependencyDoc: table() })).toHaveLength(1);
    expect(packageProblems(using, { ...facts, dependencyDoc: table('@scope/left', 'right') })).toHaveLength(1);
    expect(packageProblems(project({ 'src/util/a.ts': "transport('@scope/left');" }), facts)).toEqual([]);
  });
});
