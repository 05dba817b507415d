import { styleText } from 'node:util';
import { escapeControls } from './errors.js';
import type { JsonValue } from './json.js';
import type { LogFields } from './log-fields.js';

export const LOG_FORMATS = ['text', 'terminal', 'logfmt', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** One log line without its line end. `t` is ISO 8601 in UTC, `lvl` a level of LOG_LEVELS, `msg` the static message. */
type Formatter = (fields: LogFields) => string;

const MESSAGE_COLUMNS = 40;
const LEVEL_COLUMNS = 5;

const LEVEL_STYLE: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  TRACE: 'gray',
  DEBUG: 'blue',
  INFO: 'green',
  WARN: 'yellow',
  ERROR: 'red',
  CRIT: 'magenta',
};

/** The form of a line: text and terminal as geth writes them, logfmt and json with the keys of op-node. */
export function lineFormatter(format: LogFormat, color: boolean): Formatter {
  switch (format) {
    case 'json':
      return jsonLine;
    case 'logfmt':
      return (fields) => inOrder(fields).map(pair).join(' ');
    case 'text':
    case 'terminal':
      return (fields) => textLine(fields, color);
  }
}

function jsonLine(fields: LogFields): string {
  // JSON.stringify leaves C1 controls, U+2028 and the bidirectional marks as they are; in JSON \uXXXX is the same text.
  return escapeControls(JSON.stringify(Object.fromEntries(inOrder(fields))));
}

function textLine({ t = '', lvl = '', msg = '', ...rest }: LogFields, color: boolean): string {
  const level = textOf(lvl).toUpperCase();
  const style = LEVEL_STYLE[level];
  const name = level.padEnd(LEVEL_COLUMNS);
  const shown = color && style !== undefined ? styleText(style, name, { validateStream: false }) : name;
  const pairs = Object.entries(rest);
  const message = escapeControls(textOf(msg));
  const head = `${shown} [${shortTime(textOf(t))}] ${pairs.length > 0 ? message.padEnd(MESSAGE_COLUMNS) : message}`;
  return [head, ...pairs.map(pair)].join(' ');
}

/** `2026-11-20T12:34:56.789Z` -> `11-20|12:34:56.789` */
function shortTime(iso: string): string {
  return iso.slice(5, -1).replace('T', '|');
}

function inOrder({ t = '', lvl = '', msg = '', ...rest }: LogFields): [string, JsonValue][] {
  return Object.entries({ t, lvl, msg, ...rest });
}

function pair([key, value]: [string, JsonValue]): string {
  const text = escapeControls(textOf(value));
  return `${key}=${/^[^\s="\\]+$/.test(text) ? text : quoted(text)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/(["]|\\(?!u[0-9a-f]{4}))/g, '\\$1')}"`;
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
