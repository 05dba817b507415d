import { readFileSync, statSync } from 'node:fs';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';

export interface LogCounts {
  readonly errors: number;
  readonly warnings: number;
  /** The first few different ones. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 10;
const ERROR_LEVELS: readonly unknown[] = ['error', 'crit'];

/** What lockstep has complained about since this was made. */
export class LogErrors {
  private readonly from: number;

  constructor(private readonly logFile: string) {
    this.from = statSync(logFile).size;
  }

  read(): LogCounts {
    const lines = readFileSync(this.logFile).subarray(this.from).toString('utf8').split('\n');
    const entries = lines.map(parse);
    const errors = entries.filter((entry) => ERROR_LEVELS.includes(entry?.level));
    const warnings = entries.filter((entry) => entry?.level === 'warn');
    const texts = [...errors, ...warnings].map((entry) => `${entry?.level ?? ''}: ${entry?.message ?? ''}`);
    return {
      errors: errors.length,
      warnings: warnings.length,
      examples: [...new Set(texts)].slice(0, EXAMPLES_MAX),
    };
  }
}

/** A line that is not JSON was written by Node itself, which is an error too; a killed process leaves half a line. */
function parse(line: string): { readonly level: string; readonly message: string } | null {
  if (line === '') return null;
  try {
    const entry: unknown = JSON.parse(line);
    return isJsonObject(entry) ? { level: text(entry['lvl']), message: text(entry['msg']) } : null;
  } catch {
    return line.startsWith('{') ? null : { level: 'error', message: line };
  }
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
