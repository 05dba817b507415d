import type { Action } from '../follow/action.js';
import { decide } from '../follow/decide.js';
import { learn } from '../follow/learn.js';
import { classify, type Situation } from '../follow/situation.js';
import { INITIAL_STATE, type Observation, type State } from '../follow/state.js';
import type { TurnLine } from './lines.js';
import { toldAction } from './told-action.js';
import { canonicalText, UnreadableValue, ValueReader } from './values.js';

/** One decision, taken again. */
export interface ReplayedTurn {
  /** Of the day, in ms since 1970. */
  readonly wall: number;
  readonly before: State;
  /** After what was observed was learnt, and before the decision. */
  readonly situation: Situation;
  readonly state: State;
  readonly observation: Observation;
  readonly action: Action;
  /** What was decided then, where it is not what is decided now. */
  readonly recorded: unknown;
  /** Where the recorded state is not the one that the replay has come to: the fields that differ. */
  readonly drifted: readonly string[];
}

const STATE_FIELDS = Object.keys(INITIAL_STATE);

/**
 * Takes recorded decisions again. Between two whole states the state is that of the replay, so a difference goes on from
 * where it began up to the next whole state.
 */
export class Replay {
  readonly #values = new ValueReader();
  #state: State | null = null;
  #clock: { readonly now: number; readonly wall: number } = { now: 0, wall: 0 };

  /** Turns are missing here: nothing is known before the next whole state. */
  forget(): void {
    this.#state = null;
  }

  /** @throws UnreadableValue for what no lockstep wrote */
  turn(line: TurnLine): ReplayedTurn {
    try {
      return this.#turn(line);
    } catch (thrown) {
      if (thrown instanceof UnreadableValue) throw thrown;
      // The rules take their input for what its type says, and this one came from a file.
      throw new UnreadableValue('it is not a turn that this version can decide on');
    }
  }

  #turn({ now, random, blocks, patch, whole, observation: written, action: writtenAction }: TurnLine): ReplayedTurn {
    if (whole !== null) {
      this.#values.reset();
      this.#clock = { now, wall: whole.wall };
    }
    this.#values.learn(blocks);
    const { state, drifted } = this.#stateOf(patch, whole);
    const observation = this.#values.read(written) as Observation;
    const recorded = this.#values.read(writtenAction);
    const tick = { now, random };
    const decision = decide(state, observation, tick);
    this.#state = decision.state;
    const isSame = canonicalText(recorded) === canonicalText(toldAction(decision.action));
    return {
      wall: this.#clock.wall + (now - this.#clock.now),
      before: state,
      situation: classify(learn(state, observation, tick), observation, now),
      state: decision.state,
      observation,
      action: decision.action,
      recorded: isSame ? null : recorded,
      drifted,
    };
  }

  #stateOf(
    patch: TurnLine['patch'],
    whole: TurnLine['whole'],
  ): { readonly state: State; readonly drifted: readonly string[] } {
    const changes = patch === null ? {} : this.#fields(patch, 'patch');
    const replayed = this.#state === null ? null : { ...this.#state, ...changes };
    if (whole === null) {
      if (replayed === null) throw new UnreadableValue('no state was told before it');
      return { state: replayed, drifted: [] };
    }
    const told = this.#fields(whole.state, 'state');
    const missing = STATE_FIELDS.find((field) => !Object.hasOwn(told, field));
    if (missing !== undefined) throw new UnreadableValue(`its state has no ${missing}`);
    const state = told as unknown as State;
    const differs = (field: string): boolean =>
      canonicalText(Reflect.get(state, field)) !== canonicalText(Reflect.get(replayed ?? state, field));
    return { state, drifted: STATE_FIELDS.filter(differs) };
  }

  #fields(written: TurnLine['observation'], what: string): Readonly<Record<string, unknown>> {
    const foreign = Object.keys(written).find((field) => !STATE_FIELDS.includes(field));
    if (foreign !== undefined) throw new UnreadableValue(`its ${what} has a field that this version does not know`);
    return this.#values.read(written) as Readonly<Record<string, unknown>>;
  }
}
