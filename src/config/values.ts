import { isIP } from 'node:net';
import parseDuration from 'parse-duration';
import { remoteText } from '../util/errors.js';
import { REDACTED } from '../util/redact.js';

/** A setting read from text, or why it cannot be and what to write instead. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string; readonly fix: string };

/** How the text of a setting becomes a value. The same text form serves argv, environment, file and default. */
export interface ValueType<T> {
  /** For the documentation: `duration`, `URL`. */
  readonly name: string;
  readonly parse: (text: string) => Parsed<T>;
  /** The text as it may be shown: secrets replaced. */
  readonly display: (text: string) => string;
}

export const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const bad = (reason: string, fix: string): Parsed<never> => ({ ok: false, reason, fix });

const asWritten = (text: string): string => remoteText(text);

// The truth words of Go's strconv.ParseBool, which op-node deployments already use.
const TRUE_WORDS = new Set(['true', 't', '1']);
const FALSE_WORDS = new Set(['false', 'f', '0']);

export const boolean: ValueType<boolean> = {
  name: 'boolean',
  display: asWritten,
  parse: (text) => {
    const word = text.toLowerCase();
    if (TRUE_WORDS.has(word)) return good(true);
    if (FALSE_WORDS.has(word)) return good(false);
    return bad('is neither true nor false', 'Write true or false');
  },
};

export function choice<T extends string>(words: readonly T[]): ValueType<T> {
  return {
    name: words.join(', '),
    display: asWritten,
    parse: (text) => {
      const found = words.find((word) => word === text.toLowerCase());
      return found === undefined ? bad('is not a known word', `Use one of ${words.join(', ')}`) : good(found);
    },
  };
}

export function integer(min: number, max: number): ValueType<number> {
  return {
    name: 'number',
    display: asWritten,
    parse: (text) => {
      const range = `Write a whole number from ${min} to ${max}`;
      if (!/^[+-]?\d{1,15}$/.test(text)) return bad('is not a whole number', range);
      const value = Number(text);
      return value < min || value > max ? bad(`is outside ${min} to ${max}`, range) : good(value);
    },
  };
}

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

function durationMs(text: string): number {
  return Math.round(parseDuration(text) ?? 0);
}

/** Go-style durations (`500ms`, `12s`, `1m30s`) to milliseconds; a bare number is refused, as op-node does. */
export function duration(min: string, max: string): ValueType<number> {
  return {
    name: 'duration',
    display: asWritten,
    parse: (text) => {
      if (/^\d+(\.\d+)?$/.test(text)) return bad('has no unit', `Write ${text}s or ${text}ms`);
      if (/^-/.test(text)) return bad('is negative', `Write a duration from ${min} to ${max}`);
      // parse-duration skips what it does not know and would read "1x2s" as 2 s.
      if (!DURATION.test(text)) return bad('is not a duration', 'Write it as 500ms, 12s or 1m30s');
      const valueMs = durationMs(text);
      if (valueMs >= durationMs(min) && valueMs <= durationMs(max)) return good(valueMs);
      return bad(`is outside ${min} to ${max}`, `Write a duration from ${min} to ${max}`);
    },
  };
}

export function orAuto<T>(type: ValueType<T>): ValueType<T | 'auto'> {
  return {
    name: `auto or ${type.name}`,
    display: type.display,
    parse: (text) => (text === 'auto' ? good('auto') : type.parse(text)),
  };
}

/** `none` is null: switched off. */
export function orNone<T>(type: ValueType<T>): ValueType<T | null> {
  return {
    name: `none or ${type.name}`,
    display: type.display,
    parse: (text) => (text === 'none' ? good(null) : type.parse(text)),
  };
}

/** A duration or a number for which 0 is null: without a limit. */
export function orZero(type: ValueType<number>): ValueType<number | null> {
  return {
    name: `0 or ${type.name}`,
    display: type.display,
    parse: (text) => (/^0(ms|s|m|h)?$/.test(text) ? good(null) : type.parse(text)),
  };
}

const SIZE = /^(\d{1,12})\s*(B|KB|MB|GB|KiB|MiB|GiB)?$/i;
const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

function sizeBytes(text: string): number | undefined {
  const [, digits, unit = 'B'] = SIZE.exec(text) ?? [];
  const factor = UNIT_BYTES[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** Sizes as `64MiB`, `1GB` or plain bytes. */
export function size(min: string, max: string): ValueType<number> {
  return {
    name: 'size',
    display: asWritten,
    parse: (text) => {
      const value = sizeBytes(text);
      if (value === undefined) return bad('is not a size', 'Write it as 64MiB, 512KiB or a number of bytes');
      if (value >= (sizeBytes(min) ?? 0) && value <= (sizeBytes(max) ?? 0)) return good(value);
      return bad(`is outside ${min} to ${max}`, `Write a size from ${min} to ${max}`);
    },
  };
}

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

export const host: ValueType<string> = {
  name: 'address',
  display: asWritten,
  parse: (text) => {
    if (isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text))) return good(text);
    return bad('is not an address to listen on', 'Write an IP address such as 127.0.0.1 or 0.0.0.0, without a port');
  },
};

export const filePath: ValueType<string> = {
  name: 'file',
  display: asWritten,
  parse: (text) => (text.includes('\0') ? bad('is not a file path', 'Write the path of a file') : good(text)),
};

/** A secret kept as text until the moment it is decoded; never shown. */
export const secretText: ValueType<string> = { name: 'secret', display: () => REDACTED, parse: good };

// RFC 9110 section 5.6.2 (token) and 5.5 (field value, here visible ASCII, blanks and obs-text).
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff]+)$/;
// These belong to the transport; a second opinion about them breaks the request.
const OWNED_HEADERS = /^(host|connection|content-.*|transfer-encoding|accept-encoding)$/i;

/** HTTP headers, one `Name: value` per line. Messages name the line, never its text. */
export const headers: ValueType<Readonly<Record<string, string>>> = {
  name: 'headers',
  display: () => REDACTED,
  parse: (text) => {
    const found: [name: string, value: string][] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const [, name, value] = HEADER_LINE.exec(line.trim()) ?? [];
      if (name === undefined || value === undefined) {
        return bad(`line ${index + 1} is not a header`, 'Write one "Name: value" per line');
      }
      if (OWNED_HEADERS.test(name)) return bad(`line ${index + 1} sets ${name}`, 'Leave this header to lockstep');
      if (found.some(([other]) => other.toLowerCase() === name.toLowerCase())) {
        return bad(`line ${index + 1} repeats ${name}`, 'Give each header once');
      }
      found.push([name, value]);
    }
    return good(Object.freeze(Object.fromEntries(found)));
  },
};
