import { join } from 'node:path';
import type { EngineProfile } from '../../follow/model/engine/profile.js';
import type { SimChain } from './chain.js';
import { Duo } from './duo.js';
import { OwnCrash, RealEl, type Started } from './real-el.js';
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
   * How many simulations do what the real EL has done so far. An EL that ended by a mistake of its own has answered
   * nothing that could be compared: once, all of it is played again on a new database.
   */
  async play(part: Part): Promise<number> {
    this.#played.push(part);
    try {
      const duo = this.#duo ?? (await this.#begin());
      await part.run(duo);
      return duo.possibilities;
    } catch (error) {
      if (!(error instanceof OwnCrash) || this.#crashes > 0) throw error;
      process.stderr.write(`${error.message}\n`);
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
