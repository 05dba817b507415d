import { join } from 'node:path';
import type { EngineProfile } from '../../follow/model/engine/profile.js';
import type { SimChain } from './chain.js';
import { Duo } from './duo.js';
import { RealEl, type Started } from './real-el.js';
import type { Part } from './scripts.js';

/** The parts of a script on a real EL and its simulation, one after the other. */
export class ScriptRun {
  readonly #chain: SimChain;
  readonly #profile: EngineProfile;
  readonly #started: Started;
  readonly #played: Part[] = [];
  #real: RealEl | null = null;
  #duo: Duo | null = null;
  #crashes = 0;

  constructor(chain: SimChain, profile: EngineProfile, started: Started) {
    this.#chain = chain;
    this.#profile = profile;
    this.#started = started;
  }

  /**
   * How many simulations do what the real EL has done so far. What an EL does after it failed by a mistake of its own
   * cannot be compared: once, all of it is played again on a new database.
   */
  async play(part: Part): Promise<number> {
    this.#played.push(part);
    try {
      const duo = this.#duo ?? (await this.#begin());
      await part.run(duo);
      return duo.possibilities;
    } catch (cause) {
      const logEnd = this.#real?.logEnd ?? 'it did not start';
      const failure = new Error(`${this.#profile.name}: ${part.title}; its log ends with\n${logEnd}`, { cause });
      if (this.#crashes > 0 || this.#real?.hasCrashed !== true) throw failure;
      process.stderr.write(`${failure.message}\n`);
    }
    this.#crashes += 1;
    await this.end();
    const duo = await this.#begin();
    for (const { run } of this.#played) await run(duo);
    return duo.possibilities;
  }

  async end(): Promise<void> {
    await this.#real?.end();
  }

  async #begin(): Promise<Duo> {
    const { kind, options } = this.#started;
    const dataDir = join(options.dataDir, String(this.#crashes));
    this.#real = await RealEl.start({ kind, options: { ...options, dataDir } }, this.#chain);
    this.#duo = new Duo(this.#chain, this.#profile, this.#real);
    return this.#duo;
  }
}
