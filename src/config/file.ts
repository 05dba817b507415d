import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { remoteText } from '../util/errors.js';
import { systemErrorCode } from '../util/system-error.js';
import { OPTION_NAMES, optionOfFlag, type OptionName } from './options.js';
import type { Origin, Problem } from './problem.js';

export interface FileSetting {
  readonly name: OptionName;
  readonly text: string;
  readonly origin: Origin;
}

interface FileSettings {
  readonly settings: readonly FileSetting[];
  readonly problems: readonly Problem[];
}

const MAX_FILE_BYTES = 1024 * 1024;

interface Leaf {
  /** The path of keys joined with dots. */
  readonly key: string;
  readonly node: unknown;
  readonly line: number;
}

/**
 * Reads a configuration file. JSON is a subset of YAML 1.2, so one parser reads both. Keys may be nested, dotted or a
 * mix, and may be aliases. Nothing of the file's text but its keys gets into a message: any value may be a secret.
 */
export function readConfigFile(path: string, cwd: string): FileSettings {
  const text = readText(resolve(cwd, path));
  if (typeof text !== 'string') {
    return { settings: [], problems: [{ setting: `--config "${remoteText(path)}"`, ...text }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (line: number): string => `${remoteText(path)}:${line}`;
  if (document.errors.length > 0) {
    return {
      settings: [],
      problems: document.errors.map((error) => ({
        setting: at(lines.linePos(error.pos[0]).line),
        reason: `is neither YAML nor JSON (${error.code.toLowerCase().replace(/_/g, ' ')})`,
        fix: 'Correct the file',
      })),
    };
  }
  if (document.contents === null) return { settings: [], problems: [] };
  if (!isMap(document.contents)) {
    return {
      settings: [],
      problems: [{ setting: at(1), reason: 'is not a list of settings', fix: 'Write "flag: value" lines' }],
    };
  }
  return settingsOf(leavesOf(document.contents, '', lines), at);
}

function readText(path: string): string | Pick<Problem, 'reason' | 'fix'> {
  const fix = 'Name a readable file';
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { reason: 'is not a file', fix };
    if (stat.size > MAX_FILE_BYTES) return { reason: 'is larger than 1 MiB', fix };
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    return { reason: `cannot be read (${systemErrorCode(thrown)})`, fix };
  }
}

function* leavesOf(map: Node, prefix: string, lines: LineCounter): Generator<Leaf> {
  if (!isMap(map)) return;
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? `${prefix}${String(pair.key.value)}` : `${prefix}?`;
    const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    if (isMap(pair.value)) yield* leavesOf(pair.value, `${key}.`, lines);
    else yield { key, node: pair.value, line: lines.linePos(offset).line };
  }
}

function settingsOf(leaves: Iterable<Leaf>, at: (line: number) => string): FileSettings {
  const settings: FileSetting[] = [];
  const problems: Problem[] = [];
  for (const leaf of leaves) {
    const setting = at(leaf.line);
    const name = optionOfFlag(leaf.key);
    if (name === undefined) {
      const fix = `The nearest setting is ${closest(leaf.key, OPTION_NAMES)}`;
      problems.push({ setting, reason: `has the unknown key ${remoteText(leaf.key)}`, fix });
      continue;
    }
    const text = textOf(leaf.node, name === 'l2.follow.source.header');
    if (text === undefined) {
      problems.push({ setting, reason: `gives ${leaf.key} no single value`, fix: 'Write one plain value' });
    } else if (settings.some((other) => other.name === name)) {
      problems.push({ setting, reason: `sets ${name} a second time`, fix: 'Keep one of the two' });
    } else {
      settings.push({ name, text, origin: `file:${setting}` });
    }
  }
  return { settings, problems };
}

/** A scalar as it is written in the file, or a list of scalars as lines where the option takes several. */
function textOf(node: unknown, isList: boolean): string | undefined {
  if (isSeq(node) && isList) {
    const items = node.items.map((item) => textOf(item, false));
    return items.every((item) => item !== undefined && !item.includes('\n')) ? items.join('\n') : undefined;
  }
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
}
