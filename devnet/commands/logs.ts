import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { StackKind } from '../stack/kinds.js';
import { DAEMON_LOG, findDevnet } from '../stack/state-file.js';

export interface LogsOptions {
  readonly root: string;
  readonly kind: StackKind | null;
  /** null: every part. */
  readonly part: string | null;
  readonly lines: number;
  readonly follow: boolean;
}

const LOOK_EVERY_MS = 200;

/** The background process itself. */
const DAEMON = 'devnet';

/** `devnet logs`: the end of the logs, with the name of the part before each line when there are several. */
export async function logs(options: LogsOptions, say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const { folder, state } = findDevnet(options.root, options.kind);
  const all = [{ name: DAEMON, logFile: join(folder, DAEMON_LOG) }, ...state.parts];
  const chosen = options.part === null ? all : all.filter(({ name }) => name === options.part);
  if (chosen.length === 0)
    throw new Error(`no part ${options.part ?? ''}; there are ${all.map((p) => p.name).join(', ')}`);
  const width = Math.max(...chosen.map(({ name }) => name.length));
  const tails = chosen.map(({ name, logFile }) => {
    const print = (line: string): void => say(chosen.length === 1 ? line : `${name.padEnd(width)} | ${line}`);
    return new Tail(logFile, print);
  });
  for (const tail of tails) tail.last(options.lines);
  while (options.follow && !signal.aborted) {
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    for (const tail of tails) tail.next();
  }
  return true;
}

class Tail {
  private offset = 0;
  private unfinished = '';

  constructor(
    private readonly file: string,
    private readonly print: (line: string) => void,
  ) {}

  last(lines: number): void {
    if (!existsSync(this.file)) return;
    const text = readFileSync(this.file);
    this.offset = text.length;
    const all = text.toString('utf8').split('\n');
    this.unfinished = all.pop() ?? '';
    all.slice(lines === 0 ? all.length : -lines).forEach(this.print);
  }

  next(): void {
    const size = existsSync(this.file) ? statSync(this.file).size : 0;
    if (size <= this.offset) return;
    const bytes = Buffer.alloc(size - this.offset);
    const descriptor = openSync(this.file, 'r');
    readSync(descriptor, bytes, 0, bytes.length, this.offset);
    closeSync(descriptor);
    this.offset = size;
    const lines = `${this.unfinished}${bytes.toString('utf8')}`.split('\n');
    this.unfinished = lines.pop() ?? '';
    lines.forEach(this.print);
  }
}
