import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../../src/util/json.js';

const NEWLINE = 0x0a;

/** A growing log of JSON lines. Each line is parsed once, since whoever waits for one looks many times. */
export class LogTail {
  readonly #file: string;
  readonly #lines: JsonObject[] = [];
  #parsedBytes = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The whole lines so far. What Node prints itself is not JSON, nor is the half line that a killed process leaves. */
  lines(): readonly JsonObject[] {
    const written = readFileSync(this.#file);
    const end = written.lastIndexOf(NEWLINE) + 1;
    if (end > this.#parsedBytes) {
      const text = written.toString('utf8', this.#parsedBytes, end);
      this.#lines.push(...text.split('\n').flatMap(parsed));
      this.#parsedBytes = end;
    }
    return [...this.#lines];
  }
}

function parsed(line: string): JsonObject[] {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? [value] : [];
  } catch {
    return [];
  }
}
