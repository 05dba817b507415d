import { setTimeout as pause } from 'node:timers/promises';
import type { EngineProfile } from '../../follow/model/engine/profile.js';
import { afterRemoval } from '../../follow/model/engine/removal.js';
import { restarts, type Restart } from '../../follow/model/engine/restart.js';
import { answersTo } from '../../follow/model/engine/send.js';
import { engineAt, engineKey, type Answered, type EngineModel, type Write } from '../../follow/model/engine/state.js';
import type { Index } from '../../follow/model/tree.js';
import type { SimChain } from './chain.js';
import type { RealEl, Shown } from './real-el.js';

/** Longer than any removal of a few blocks takes (engines-measured 3.0). */
const REMOVAL_MS = 400;

/** As lockstep does with reth: more than that may be lost at a restart. */
const BLOCKS_PER_FORKCHOICE = 8;

/** What a step came to in one of the possible models. */
interface Result {
  readonly engine: EngineModel;
  readonly text: string;
}

/**
 * A real EL and its simulation side by side. Where the profile leaves something open (what a SIGKILL leaves, whether a
 * removal has ended), every possibility goes on until an answer rules it out; one has to be left.
 */
export class Duo {
  readonly #chain: SimChain;
  readonly #profile: EngineProfile;
  readonly #real: RealEl;
  readonly #log: string[] = [];
  /** Every pair of labels that the real EL showed. */
  readonly #labels: Pick<EngineModel, 'safe' | 'finalized'>[] = [];
  #possible: readonly EngineModel[];
  #shown: Shown = { head: 'genesis', safe: null, finalized: null };

  constructor(chain: SimChain, profile: EngineProfile, real: RealEl) {
    this.#chain = chain;
    this.#profile = profile;
    this.#real = real;
    this.#possible = [engineAt(chain.tree, 0, { odd: Infinity })];
  }

  /** How many simulations do what the real EL has done so far. */
  get possibilities(): number {
    return this.#possible.length;
  }

  /** The height of the real head. */
  get height(): number {
    return this.#chain.tree.height(this.#chain.index(this.#shown.head));
  }

  get head(): string {
    return this.#shown.head;
  }

  payload(block: string): Promise<string> {
    return this.#write(`payload ${block}`, { call: 'payload', block: this.#chain.index(block) });
  }

  /** Labels that are left out are zero. */
  forkchoice(head: string, safe: string | null = null, finalized: string | null = null): Promise<string> {
    const sent = { head: this.#chain.index(head), safe: this.#index(safe), finalized: this.#index(finalized) };
    return this.#write(`forkchoice ${head} ${safe ?? '-'} ${finalized ?? '-'}`, { call: 'forkchoice', sent });
  }

  setHead(block: string): Promise<string> {
    return this.#write(`set-head ${block}`, { call: 'set-head', block: this.#chain.index(block) });
  }

  /** Blocks of a branch by their payloads, with a forkchoice per few of them; the last one sets the labels. */
  async replay(branch: string, from: number, to: number, [safe, finalized]: readonly [string, string]): Promise<void> {
    const writes: Write[] = [];
    for (let height = from; height <= to; height++) {
      const block = this.#chain.index(`${branch}${height}`);
      writes.push({ call: 'payload', block });
      const last = height === to;
      if (!last && (height - from + 1) % BLOCKS_PER_FORKCHOICE !== 0) continue;
      const labels = last
        ? { safe: this.#chain.index(safe), finalized: this.#chain.index(finalized) }
        : { safe: null, finalized: null };
      writes.push({ call: 'forkchoice', sent: { head: block, ...labels } });
    }
    const answers = await this.#real.sendAll(writes);
    await this.#see(`replay ${branch}${from} to ${branch}${to} ${safe} ${finalized}`, counted(answers), (engine) => [
      this.#replayed(engine, writes),
    ]);
  }

  #replayed(start: EngineModel, writes: readonly Write[]): Result {
    let engine = start;
    const answers = writes.map((write) => {
      const [answered] = answersTo(this.#chain.tree, this.#profile, engine, write);
      engine = answered.engine;
      return textOf(answered);
    });
    return { engine, text: counted(answers) };
  }

  /** SIGTERM, or SIGKILL, and a start on the same database. */
  async restart(signal: Restart['signal']): Promise<void> {
    await this.#real.restart(signal);
    const head = this.#chain.index((await this.#real.shown()).head);
    const how = { signal, head, earlier: this.#labels };
    await this.#see(signal, '', (engine) =>
      restarts(this.#chain.tree, this.#profile, engine, how).map((started) => ({ engine: started, text: '' })),
    );
  }

  /** Until what was given up is removed. */
  async settle(): Promise<void> {
    if (this.#profile.removed === 'moves') return;
    await pause(REMOVAL_MS);
    this.#possible = this.#possible.flatMap((engine) => afterRemoval(this.#profile, engine));
  }

  async #write(what: string, write: Write): Promise<string> {
    const answer = await this.#real.send(write);
    await this.#see(what, answer, (engine) =>
      answersTo(this.#chain.tree, this.#profile, engine, write).map((answered) => ({
        engine: answered.engine,
        text: textOf(answered),
      })),
    );
    return answer;
  }

  /** Compares what the real EL answered and shows with every possible model. */
  async #see(what: string, answer: string, step: (engine: EngineModel) => readonly Result[]): Promise<void> {
    this.#shown = await this.#real.shown();
    this.#labels.push({ safe: this.#index(this.#shown.safe), finalized: this.#index(this.#shown.finalized) });
    const real = `${answer}${answer === '' ? '' : ': '}${show(this.#shown)}`;
    this.#log.push(`${what} -> ${real}`);
    const results = this.#possible
      .flatMap((engine) => [engine, ...afterRemoval(this.#profile, engine)])
      .flatMap(step)
      .map(({ engine, text }) => ({ engine, seen: `${text}${text === '' ? '' : ': '}${this.#show(engine)}` }));
    const fitting = results.filter(({ seen }) => seen === real).map(({ engine }) => engine);
    if (fitting.length === 0) {
      const modelled = [...new Set(results.map(({ seen }) => seen))].slice(0, 8);
      const text = [...this.#log.slice(-12), `${this.#profile.name} would be:`, ...modelled].join('\n');
      throw new Error(`the simulation does not do what the EL does\n${text}`);
    }
    this.#possible = [...new Map(fitting.map((engine) => [engineKey(engine), engine])).values()];
  }

  #index(name: string | null): Index | null {
    return name === null ? null : this.#chain.index(name);
  }

  #show({ head, safe, finalized }: EngineModel): string {
    const name = (index: number | null): string | null => (index === null ? null : this.#chain.name(index));
    return show({ head: this.#chain.name(head), safe: name(safe), finalized: name(finalized) });
  }

  /** What happened, a line per step. */
  get story(): string {
    return this.#log.join('\n');
  }
}

function show({ head, safe, finalized }: Shown): string {
  return `${head} / ${safe ?? 'null'} / ${finalized ?? 'null'}`;
}

function textOf({ answer }: Answered): string {
  return answer.status === 'REJECTED' ? String(answer.code) : answer.status;
}

/** `VALID x12, ACCEPTED x2`: what was answered, in order. */
function counted(answers: readonly string[]): string {
  const runs: { text: string; count: number }[] = [];
  for (const text of answers) {
    const last = runs.at(-1);
    if (last?.text === text) last.count += 1;
    else runs.push({ text, count: 1 });
  }
  return runs.map(({ text, count }) => `${text} x${count}`).join(', ');
}
