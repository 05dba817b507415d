import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { JsonObject } from '../../src/util/json.js';

/** A supervisor starts it again after these: no connection at boot, and a watchdog that asks for it. */
const RESTARTED_EXITS = [69, 75];

/** lockstep as a supervisor runs it: what ends by itself is started again, unless its exit code says that a person is needed. */
export class SupervisedLockstep {
  /** Exits that must not be. */
  readonly failures: string[] = [];
  readonly #runs: LockstepProcess[] = [];
  #wanted = false;
  #starting: Promise<void> = Promise.resolve();

  constructor(private readonly launch: () => Promise<LockstepProcess>) {}

  async start(): Promise<void> {
    this.#wanted = true;
    const run = await this.launch();
    this.#runs.push(run);
    void run.exited.then(({ code }) => this.#ended(run, code));
  }

  /** Returns when it has ended; it stays down. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#wanted = false;
    await this.#starting;
    const last = this.#last;
    const { code } = await (signal === 'SIGTERM' ? last.stop() : last.kill());
    // A program that Node still loads takes no signal yet.
    const loaded = last.log().length > 0;
    if (signal === 'SIGTERM' && code !== 0 && loaded) this.failures.push(`exit ${code} on SIGTERM`);
  }

  /** SIGSTOP or SIGCONT, if it runs. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    try {
      process.kill(this.#last.pid, signal);
    } catch {
      // It has ended by itself; whether it may is decided there.
    }
  }

  /** Everything that all of them have logged. */
  log(): readonly JsonObject[] {
    return this.#runs.flatMap((run) => run.log());
  }

  get #last(): LockstepProcess {
    const last = this.#runs.at(-1);
    if (last === undefined) throw new Error('lockstep has not been started');
    return last;
  }

  #ended(run: LockstepProcess, code: number | null): void {
    if (!this.#wanted || run !== this.#last) return;
    if (code === null || !RESTARTED_EXITS.includes(code)) this.failures.push(`exit ${code} by itself`);
    else this.#starting = this.start();
  }
}
