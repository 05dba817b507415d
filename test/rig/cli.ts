import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/app/cli.js';
import type { Config } from '../../src/config/config.js';

export const JWT_HEX = '5f3d9c0a77e1b2846d0f4e3c2b1a98765f3d9c0a77e1b2846d0f4e3c2b1a9876';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the run or check handler was given, or undefined when none was called. */
  readonly config: Config | undefined;
  /** run, check or check --json; null when no handler was called. */
  readonly called: string | null;
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly isTTY?: boolean;
  /** Width of that terminal. */
  readonly columns?: number;
}

/** A folder of its own with a usable jwt.hex, in which command lines are run. */
export class CliRig {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));

  constructor() {
    this.write('jwt.hex', `${JWT_HEX}\n`);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string, mode = 0o600): string {
    writeFileSync(this.path(name), text, { mode });
    return this.path(name);
  }

  async run(argv: readonly string[], { env = {}, isTTY = false, columns = 0 }: CliRunOptions = {}): Promise<CliRun> {
    const seen = { stdout: '', stderr: '', config: undefined as Config | undefined, called: null as string | null };
    const io = {
      stdout: (text: string) => void (seen.stdout += text),
      stderr: (text: string) => void (seen.stderr += text),
      isTTY,
      size: () => ({ columns, rows: 0 }),
      cwd: this.folder,
    };
    const code = await runCli(argv, env, io, {
      run: (config) => {
        Object.assign(seen, { config, called: 'run' });
        return Promise.resolve(0);
      },
      check: (config, _io, { json }) => {
        Object.assign(seen, { config, called: json ? 'check --json' : 'check' });
        return Promise.resolve(0);
      },
    });
    return { code, ...seen };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The lines of stderr that name a problem, without the mark in front. */
export function problemsOf(run: CliRun): string[] {
  return run.stderr
    .split('\n')
    .filter((line) => line.startsWith('  ✖ '))
    .map((line) => line.slice('  ✖ '.length));
}

/** A rig for the whole of a test file, removed after its last test. */
export function cliRig(): CliRig {
  const rig = new CliRig();
  afterAll(() => rig.remove());
  return rig;
}
