import { readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import { REDACTED } from '../util/redact.js';
import { systemErrorCode } from '../util/system-error.js';
import { bad, good, type Parsed } from './values.js';

/** The 32 bytes shared with the EL. It shows as `[redacted]` in JSON, logs, console output and text. */
export class JwtSecret {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, for the one place that signs tokens. */
  reveal(): Buffer {
    return this.#bytes;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

const HEX_CHARS = 64;
const MAX_FILE_BYTES = 4096;

/** Decodes 64 hex characters, with or without 0x. The reason names lengths, never the text. */
export function parseJwtSecret(text: string): Parsed<JwtSecret> {
  const hex = text.trim().replace(/^0x/i, '');
  const fix = 'Put 64 hex characters there; `lockstep jwt` makes a fresh secret';
  if (hex === '') return bad('holds no secret', fix);
  if (!/^[0-9a-f]*$/i.test(hex)) return bad('holds something that is not hex', fix);
  if (hex.length !== HEX_CHARS) return bad(`holds ${hex.length} hex characters instead of ${HEX_CHARS}`, fix);
  return good(new JwtSecret(Buffer.from(hex, 'hex')));
}

/** Reads the secret from a file. `readableByAll` is set when any user of the machine can read it. */
export function readJwtSecret(path: string): Parsed<{ readonly secret: JwtSecret; readonly readableByAll: boolean }> {
  const fix = 'Give the path of the secret file that the execution client uses; `lockstep jwt` makes a fresh one';
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return bad('is not a file', fix);
    if (stat.size > MAX_FILE_BYTES) return bad('is too large to be a secret', fix);
    const parsed = parseJwtSecret(readFileSync(path, 'utf8'));
    return parsed.ok ? good({ secret: parsed.value, readableByAll: (stat.mode & 0o004) !== 0 }) : parsed;
  } catch (thrown) {
    return bad(`cannot be read (${systemErrorCode(thrown)})`, fix);
  }
}
