import ts from 'typescript';
import { type Module, type ModuleExport, type Modules, walk } from './modules.js';

/**
 * Every export of src that no other file of src or devnet uses. A type also lives by being used in a test, or by being
 * part of another export of its own file (whoever holds the value can then name its type).
 */
export function deadExports(modules: Modules, allowlist: ReadonlyMap<string, string>): string[] {
  const used = usedNames(modules, (user) => !user.startsWith('test/'));
  const usedAnywhere = usedNames(modules, () => true);
  return [...modules.values()]
    .filter((module) => module.path.startsWith('src/'))
    .flatMap((module) =>
      module.exports
        .filter((entry) => {
          const key = `${module.path}#${entry.name}`;
          if (allowlist.has(key) || isUsed(used, module.path, entry.name)) return false;
          if (!entry.isType) return true;
          return !isUsed(usedAnywhere, module.path, entry.name) && !isMentioned(module, entry);
        })
        .map((entry) => `${module.path}#${entry.name}: exported and used by nobody`),
    );
}

/** Entries of the allowlist that excuse nothing: the name is gone, or it is used by now. */
export function staleAllowances(modules: Modules, allowlist: ReadonlyMap<string, string>): string[] {
  const dead = deadExports(modules, new Map());
  return [...allowlist.keys()]
    .filter((key) => !dead.some((line) => line.startsWith(`${key}:`)))
    .map((key) => `${key}: allowed as a dead export, and is none`);
}

function usedNames(modules: Modules, counts: (user: string) => boolean): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const module of modules.values()) {
    if (!counts(module.path)) continue;
    for (const { target, names } of module.imports) {
      if (target === null) continue;
      const known = used.get(target) ?? new Set<string>();
      names.forEach((name) => known.add(name));
      used.set(target, known);
    }
  }
  return used;
}

function isUsed(used: ReadonlyMap<string, ReadonlySet<string>>, file: string, name: string): boolean {
  const names = used.get(file);
  return names !== undefined && (names.has(name) || names.has('*'));
}

function isMentioned(module: Module, entry: ModuleExport): boolean {
  return module.exports.some((other) => other.name !== entry.name && other.mentions.has(entry.name));
}

export interface PackageFacts {
  readonly dependencies: readonly string[];
  /** The text of docs/dependencies.md: one table row per dependency. */
  readonly dependencyDoc: string;
}

/** Packages that src loads without declaring them, declares without using them, or uses without giving a reason. */
export function packageProblems(modules: Modules, facts: PackageFacts): string[] {
  const source = [...modules.values()].filter((module) => module.path.startsWith('src/'));
  const loaded = new Map<string, string>();
  for (const module of source) {
    for (const { packageName, typeOnly } of module.imports) {
      if (packageName !== null && !typeOnly && !packageName.startsWith('node:')) loaded.set(packageName, module.path);
    }
  }
  const named = new Set(source.flatMap(stringLiterals));
  const rows = documentedPackages(facts.dependencyDoc);
  return [
    ...[...loaded]
      .filter(([name]) => !facts.dependencies.includes(name))
      .map(([name, file]) => `${file}: loads ${name}, which is not in dependencies`),
    ...facts.dependencies
      // A logger transport is loaded by its name in a string.
      .filter((name) => !loaded.has(name) && !named.has(name))
      .map((name) => `package.json: ${name} is a dependency that src does not use`),
    ...facts.dependencies
      .filter((name) => !rows.has(name))
      .map((name) => `docs/dependencies.md: no row for the dependency ${name}`),
    ...[...rows]
      .filter((name) => !facts.dependencies.includes(name))
      .map((name) => `docs/dependencies.md: ${name} is not a dependency`),
  ];
}

function stringLiterals(module: Module): string[] {
  const found: string[] = [];
  walk(module.ast, (node) => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
  });
  return found;
}

/** The names in the first column of the first table of the page. */
function documentedPackages(doc: string): Set<string> {
  const lines = doc.split('\n');
  const start = lines.findIndex((line) => /^\|\s*:?-/.test(line));
  const rows = start < 0 ? [] : lines.slice(start + 1);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  const table = end < 0 ? rows : rows.slice(0, end);
  return new Set(table.flatMap((row) => /^\|\s*\[?`?([@\w/.-]+)/.exec(row)?.[1] ?? []));
}
