import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { Evidence } from './row.js';

interface TestFile {
  /** The title of a test to the titles of the groups that it stands in, one text for each test of that title. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Every text that names a case: what is written in quotes, and the keys of tables. */
  readonly texts: ReadonlySet<string>;
}

const files = new Map<string, TestFile>();

/** What is wrong with a piece of evidence; null where the test and its case are there. */
export function missing({ file, test, of }: Evidence): string | null {
  const { groups, texts } = testFile(file);
  if (!groups.has(test)) return `${file} has no test "${test}"`;
  if (of !== undefined && !texts.has(of)) return `${file} has no case "${of}"`;
  // A title that is nothing but a case says nothing without it.
  return test === '%s' && of === undefined ? `${file}: "${test}" needs its case` : null;
}

/** The ids of faults that a run of the test prints: those in its title, its case, and the titles around it. */
export function idsIn({ file, test, of = '' }: Evidence): readonly string[] {
  const printed = (testFile(file).groups.get(test) ?? []).map((group) => `${group} ${test} ${of}`);
  return printed.flatMap((text) => text.match(/\b[SENHOA]\d{1,2}\b/g) ?? []);
}

function testFile(path: string): TestFile {
  const known = files.get(path) ?? readTestFile(path, readFileSync(path, 'utf8'));
  files.set(path, known);
  return known;
}

function readTestFile(path: string, text: string): TestFile {
  const found = { groups: new Map<string, string[]>(), texts: new Set<string>() };
  const visit = (node: ts.Node, group: string): void => {
    if (ts.isStringLiteralLike(node)) found.texts.add(node.text);
    const title = ts.isCallExpression(node) ? titleOf(node) : null;
    if (title?.of === 'it') found.groups.set(title.text, [...(found.groups.get(title.text) ?? []), group]);
    const within = title?.of === 'describe' ? `${group} ${title.text}` : group;
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true), '');
  return found;
}

/** The title of `it(...)`, `it.each(...)(...)` and of `describe` alike; a test that is skipped is none. */
function titleOf({ expression, arguments: [title] }: ts.CallExpression): { of: string; text: string } | null {
  const callee = ts.isCallExpression(expression) ? expression.expression : expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  const isTable = ts.isPropertyAccessExpression(callee) && callee.name.text === 'each';
  if (!ts.isIdentifier(name) || isTable !== ts.isCallExpression(expression)) return null;
  return title !== undefined && ts.isStringLiteralLike(title) ? { of: name.text, text: title.text } : null;
}
