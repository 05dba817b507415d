import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** This folder as it is compiled; tests run from the sources, child processes from the build. */
const COMPILED = fileURLToPath(
  new URL('.', import.meta.url).href.replace(/(?<!\/dist)\/test\/bench\/$/, '/dist/test/bench/'),
);

/** The processes that one bench started. Each is ended by its own id, also when the bench fails or is interrupted. */
export class Children {
  readonly #running = new Set<ChildProcess>();
  readonly #profileFolder: string | null;
  readonly #onExit = (): void => {
    for (const child of this.#running) child.kill('SIGKILL');
  };

  /** `profileFolder`: every lockstep leaves a CPU profile there when it ends. */
  constructor(profileFolder: string | null = null) {
    this.#profileFolder = profileFolder;
    process.on('exit', this.#onExit);
  }

  /** Starts a stub of this folder with a message channel. */
  stub(file: 'el-stub.js' | 'source-stub.js' | 'els/follower-main.js', args: readonly string[]): ChildProcess {
    return this.#track(fork(`${COMPILED}${file}`, args, { execArgv: [] }));
  }

  /** Starts the built lockstep. `probeFile`: where it writes its long slices when it ends. */
  lockstep(args: readonly string[], cwd: string, probeFile: string | null = null): ChildProcess {
    const main = fileURLToPath(new URL('../../lockstep.js', `file://${COMPILED}`));
    const paths = { PATH: process.env['PATH'], HOME: cwd, TMPDIR: cwd, BENCH_PROBE_FILE: probeFile ?? undefined };
    // What is measured is the following; docs/rpc.md has what the RPC server costs.
    const env = { ...paths, LOCKSTEP_RPC_ENABLED: 'false' };
    const probing = probeFile === null ? [] : ['--import', pathToFileURL(`${COMPILED}loop-probe.js`).href];
    const profiling = this.#profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profileFolder}`];
    return this.#track(
      spawn(process.execPath, [...profiling, ...probing, main, ...args], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Asks the process to end and makes it after five seconds. */
  async end(child: ChildProcess): Promise<void> {
    if (!this.#running.has(child)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(force);
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.end(child)));
    process.off('exit', this.#onExit);
  }

  #track(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }
}
