import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BoundProcess, endProcess, spawnSupervised } from '../../devnet/process/bound-process.js';
import { compiledProgram } from '../../devnet/project-root.js';
import { LogTail } from '../../devnet/rig/log-tail.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { JsonObject } from '../../src/util/json.js';

const DEADLINE_MS = 20_000;
const GRACE_MS = 5_000;

/** The program as a shell runs it, with exactly these arguments. What it writes to either output is kept. */
export class Command {
  readonly #child: BoundProcess;
  readonly #outputFile: string;
  readonly #log: LogTail;

  private constructor(child: BoundProcess, outputFile: string) {
    this.#child = child;
    this.#outputFile = outputFile;
    this.#log = new LogTail(outputFile);
  }

  static async start(args: readonly string[], place: CommandPlace): Promise<Command> {
    const logFile = join(place.cwd, `command-${place.name}.log`);
    const argv = [compiledProgram('lockstep'), ...args];
    // Many of these run at the same time, so each picks a port of its own.
    const env = { LOCKSTEP_RPC_PORT: '0', ...place.env };
    return new Command(await spawnSupervised(process.execPath, argv, { ...place, env, logFile }), logFile);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it wrote so far, byte for byte. */
  get output(): string {
    return readFileSync(this.#outputFile, 'utf8');
  }

  /** The JSON lines among it that carry these fields. */
  lines(fields: JsonObject = {}): readonly JsonObject[] {
    const matches = (line: JsonObject): boolean => Object.entries(fields).every(([key, value]) => line[key] === value);
    return this.#log.lines().filter(matches);
  }

  async until(fields: JsonObject): Promise<JsonObject> {
    return waitUntil(`a log line with ${JSON.stringify(fields)}`, () => this.lines(fields)[0], DEADLINE_MS);
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    return (await this.#child.exited).code;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.signal(name);
  }

  /** SIGTERM, and SIGKILL for what does not go. */
  async stop(): Promise<number | null> {
    return (await endProcess(this.#child, GRACE_MS)).code;
  }
}

export interface CommandPlace {
  /** Holds the file with the output as well. */
  readonly cwd: string;
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
}
