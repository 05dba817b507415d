import { types } from 'node:util';
import { escapeControls, LockstepError, remoteText } from './errors.js';
import { isJsonObject, type JsonValue } from './json.js';

/** The fields of one log line, as JSON.stringify can take them without losing or leaking anything. */
export type LogFields = Readonly<Record<string, JsonValue>>;

const MAX_TEXT_CHARS = 2000;
const MAX_DEPTH = 4;
const MAX_ITEMS = 64;
const MAX_CAUSES = 8;

/**
 * Turns whatever was logged into plain fields. bigint becomes decimal text; bytes become their length; an error under
 * key `err` becomes `err` (message), `err_code`, `err_<fact>` and `err_cause`; text in a field named `remote` goes through
 * remoteText. Never throws: a field that cannot be read is replaced by a note.
 */
export function logFields(fields: object): LogFields {
  const plain: Record<string, JsonValue> = {};
  for (const key of Object.keys(fields)) {
    try {
      const value: unknown = Reflect.get(fields, key);
      if (isError(value)) Object.assign(plain, errorFields(key, value));
      else if (value !== undefined)
        plain[key] = key === 'remote' && typeof value === 'string' ? remoteText(value) : toPlain(value, 0);
    } catch {
      plain[key] = '[unreadable]';
    }
  }
  return plain;
}

function errorFields(key: string, error: Error): LogFields {
  const fields: Record<string, JsonValue> = { [key]: messageOf(error) };
  if (error instanceof LockstepError) {
    fields[`${key}_code`] = error.code;
    for (const [name, fact] of Object.entries(error.data)) fields[`${key}_${name}`] = toPlain(fact, 0);
  }
  const causes = causesOf(error);
  if (causes.length > 0) fields[`${key}_cause`] = textOfCauses(causes);
  // A bug is reported with the place it came from; an expected error is told by its code and cause alone.
  const isBug = !(error instanceof LockstepError) || error.code === 'INTERNAL';
  const origin = causes.findLast((cause) => isError(cause)) ?? error;
  if (isBug && isError(origin)) fields[`${key}_stack`] = capped(origin.stack ?? '');
  return fields;
}

/** A cause and the causes of it, as one line; empty without one. */
export function causeText(cause: unknown): string {
  return textOfCauses(causesOf({ cause }));
}

function textOfCauses(causes: readonly unknown[]): string {
  return causes.map(messageOf).join(' <- ');
}

function causesOf(error: { readonly cause?: unknown }): unknown[] {
  const causes: unknown[] = [];
  let cause = error.cause;
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = isError(cause) ? cause.cause : undefined;
  }
  return causes;
}

/** Our own messages are whole; anything else may quote a remote party. */
function messageOf(error: unknown): string {
  if (error instanceof LockstepError) return capped(error.message);
  if (!isError(error)) return remoteText(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return remoteText(`${code}${error.message}`);
}

function capped(text: string): string {
  return escapeControls(text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}...` : text);
}

function toPlain(value: unknown, depth: number): JsonValue {
  if (typeof value === 'string') return capped(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (isError(value)) return messageOf(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (hasToJson(value)) return toPlain(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => toPlain(item, depth + 1));
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item, depth + 1)]));
}

/** An error of any realm: a worker or a VM context has an Error class of its own. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Reads a line that was written from such fields. */
export function parseLogLine(line: string): LogFields {
  const parsed: unknown = JSON.parse(line);
  return isJsonObject(parsed) ? parsed : {};
}
