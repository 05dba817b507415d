import ts from 'typescript';
import { type FileMap, type Module, type Modules, walk } from './modules.js';

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 70;

/** A home directory or a workspace root of somebody's machine. */
const MACHINE_PATH = /(?:\/(?:home|Users|root|work)\/[\w.-]|\b[A-Z]:\\Users\\)/;

/** Every file and function of src and devnet that is too long to be read at one sitting. */
export function oversizes(modules: Modules): string[] {
  return shipped(modules).flatMap((module) => {
    const found: string[] = [];
    if (module.lineCount > MAX_FILE_LINES) found.push(`${module.path}: ${module.lineCount} lines`);
    walk(module.ast, (node) => {
      if (!ts.isFunctionLike(node)) return;
      const first = module.ast.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = module.ast.getLineAndCharacterOfPosition(node.end).line;
      const lines = last - first + 1;
      if (lines > MAX_FUNCTION_LINES) found.push(`${module.path}:${first + 1}: a function of ${lines} lines`);
    });
    return found;
  });
}

/** Every use of console: output goes through the logger, or to standard output on purpose. */
export function consoleUses(modules: Modules): string[] {
  return shipped(modules).flatMap((module) => {
    const found: string[] = [];
    walk(module.ast, (node) => {
      if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return;
      if (node.expression.getText() !== 'console') return;
      found.push(`${module.path}:${lineOf(module, node)}: uses console`);
    });
    return found;
  });
}

/** Every line of any text file that names a directory of somebody's machine. */
export function machinePaths(files: FileMap): string[] {
  return [...files].flatMap(([file, text]) => {
    if (!MACHINE_PATH.test(text)) return [];
    const line = text.split('\n').findIndex((candidate) => MACHINE_PATH.test(candidate));
    return [`${file}:${line + 1}: names a path of one machine`];
  });
}

/** Every second place that sends a forkchoice: the engine room has the one method, the follow room its one caller. */
export function extraForkchoiceSenders(modules: Modules): string[] {
  const senders: string[] = [];
  const callers: string[] = [];
  for (const module of modules.values()) {
    if (!module.path.startsWith('src/')) continue;
    walk(module.ast, (node) => {
      if (ts.isPropertyAccessExpression(node) && node.name.text === 'applyForkchoice') callers.push(module.path);
    });
    if (namesForkchoiceCall(module)) senders.push(module.path);
  }
  return [
    ...senders.filter((file) => !file.startsWith('src/engine/')).map((file) => `${file}: names a forkchoice method`),
    ...beyondFirst(callers).map((file) => `${file}: applies a forkchoice, and so does another file`),
  ];
}

function namesForkchoiceCall(module: Module): boolean {
  let named = false;
  walk(module.ast, (node) => {
    const literal = ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
    if (literal && node.text.startsWith('engine_forkchoiceUpdated')) named = true;
  });
  return named;
}

function beyondFirst(files: readonly string[]): string[] {
  return [...new Set(files)].slice(1);
}

function shipped(modules: Modules): Module[] {
  return [...modules.values()].filter(({ path }) => path.startsWith('src/') || path.startsWith('devnet/'));
}

function lineOf(module: Module, node: ts.Node): number {
  return module.ast.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}
