import ts from 'typescript';
import { reachable } from './import-rules.js';
import { type Module, type Modules, walk } from './modules.js';

const PURE_ROOMS = ['src/chain/', 'src/payload/', 'src/recovery/'];
const PURE_FILES = ['src/follow/decide.ts', 'src/follow/state.ts', 'src/follow/head-pace.ts'];

/** What a pure file may load besides project files: computation only. */
const PURE_PACKAGES = ['node:assert', 'node:buffer', 'node:crypto', 'node:util', 'hash-wasm'];

/** node:crypto hashes, which is pure, and draws random bytes, which is not. */
const IMPURE_NAMES = ['randomBytes', 'randomFillSync', 'randomInt', 'randomUUID', 'webcrypto'];

const IMPURE_GLOBALS = [
  'clearInterval',
  'clearTimeout',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'WebSocket',
];

const IMPURE_MEMBERS = ['Date.now', 'Math.random'];

/** Every clock, chance, environment or I/O that a pure file or anything it loads can touch. */
export function impurities(modules: Modules): string[] {
  const reached = new Map<string, Module>();
  for (const module of modules.values()) {
    if (!isPure(module.path)) continue;
    for (const loaded of reachable(modules, module.path)) reached.set(loaded.path, loaded);
  }
  return [...reached.values()].flatMap((module) => [...impureImports(module), ...impureUses(module)]);
}

function isPure(file: string): boolean {
  return PURE_FILES.includes(file) || PURE_ROOMS.some((room) => file.startsWith(room));
}

function impureImports(module: Module): string[] {
  return module.imports.flatMap((entry) => {
    if (entry.packageName === null || entry.typeOnly) return [];
    if (!PURE_PACKAGES.includes(entry.packageName)) {
      return [`${module.path}: pure code loads ${entry.packageName}`];
    }
    const impure = entry.names.filter((name) => IMPURE_NAMES.includes(name));
    return impure.map((name) => `${module.path}: pure code imports ${name}`);
  });
}

function impureUses(module: Module): string[] {
  const found: string[] = [];
  walk(module.ast, (node) => {
    if (ts.isPropertyAccessExpression(node) && IMPURE_MEMBERS.includes(node.getText())) {
      found.push(`${module.path}: pure code uses ${node.getText()}`);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) {
      found.push(`${module.path}: pure code uses new Date()`);
    }
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.includes(node.text) && isFreeName(node)) {
      found.push(`${module.path}: pure code uses ${node.text}`);
    }
  });
  return found;
}

/** False for a member, a key or a declaration that only shares the name of a global. */
function isFreeName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) return parent.getChildAt(0) === node;
  if (ts.isTypeReferenceNode(parent) || ts.isImportSpecifier(parent)) return false;
  return !('name' in parent && parent.name === node);
}
