import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import type { EngineView, State } from '../../../src/follow/state.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { ErrorCode } from '../../../src/util/error-codes.js';
import type { Choices } from './choices.js';
import { isFetching } from './engine/peers.js';
import { answersTo, applyLate } from './engine/send.js';
import type { Answered, EngineModel, Write } from './engine/state.js';
import { viewOf } from './engine/view.js';
import type { Monitor } from './monitor.js';
import type { LabelPair, SourceModel } from './source-model.js';
import type { Core } from './turn.js';
import type { Scenario, World } from './world.js';

export type Effect = Extract<Outcome, { of: 'forkchoice' }>['effect'];

interface Applied {
  readonly effect: Effect;
  readonly answer: EngineAnswer;
}

/** What can become of one call to the EL. `done` and `lost`: the caller does not learn which of the two it was. */
const WRITE_FAULTS = [
  'none',
  'timeout, done',
  'timeout, lost',
  'timeout, late',
  'cut, done',
  'cut, EL dies',
  'refused',
  'rejected',
] as const;
type WriteFault = (typeof WRITE_FAULTS)[number];

/** How long a call to the EL takes, and how long a call that times out does. */
const CALL_MS = 5;
const TIMEOUT_MS = 2_000;

/** The hands of the loop in a small world: they carry out one action and decide nothing but what goes wrong. */
export class Hands {
  readonly scenario: Scenario;
  readonly choices: Choices;
  readonly action: Action;
  readonly promote: Core['promote'];
  readonly shown: EngineView | null;
  readonly source: SourceModel;
  readonly refused: ReadonlyMap<string, number>;
  /** The faults of this turn, in order. */
  readonly happened: string[] = [];
  /** Calls to the source are answered as the source stands. */
  readonly soundSource: boolean;
  engine: EngineModel;
  monitor: Monitor;
  now: number;
  faults: number;

  constructor(
    scenario: Scenario,
    world: World,
    turn: { choices: Choices; state: State; action: Action; shown: EngineView | null; core: Core },
    soundSource = false,
  ) {
    this.scenario = scenario;
    this.choices = turn.choices;
    this.action = turn.action;
    this.promote = turn.core.promote;
    this.shown = turn.shown;
    this.source = world.source;
    this.refused = turn.state.refused;
    this.engine = world.engine;
    this.monitor = world.monitor;
    this.now = world.now;
    this.faults = world.budget.faults;
    this.soundSource = soundSource;
  }

  /** One of `faults` happens, or none, as long as the purse lasts. */
  fault<T extends string>(faults: readonly T[]): T | 'none' {
    if (this.faults === 0) return 'none';
    const fault = this.choices.pick<T | 'none'>(['none', ...faults]);
    if (fault === 'none') return fault;
    this.faults -= 1;
    this.happened.push(fault);
    return fault;
  }

  /** Like {@link fault}, for what the source does to a call. */
  sourceFault<T extends string>(faults: readonly T[]): T | 'none' {
    return this.soundSource ? 'none' : this.fault(faults);
  }

  /** The labels that the source's poller brought last. */
  get sourceLabels(): LabelPair | null {
    return this.source.polled.labels;
  }

  payload(block: number): EngineAnswer {
    this.#beforeWrite(true);
    this.monitor.payload(this.scenario.tree, this.engine, block, this.now);
    return this.#write({ call: 'payload', block });
  }

  /** Sends a forkchoice and reads it back by hash, as the engine room does. */
  forkchoice(fc: Forkchoice, needsSource: boolean): Applied {
    const { tree } = this.scenario;
    this.#beforeWrite(needsSource);
    if (this.shown === null) throw new RangeError('a forkchoice without a look at the EL');
    const seen = { shown: this.shown, engine: this.engine, source: this.sourceLabels };
    this.monitor =
      this.action.do === 'el-sync' && this.scenario.elSync !== null
        ? this.monitor.aim(tree, fc, this.shown, { now: this.now, policy: this.scenario.elSync })
        : this.monitor.forkchoice(tree, fc, seen);
    const { labels } = fc;
    const pick = (of: 'safe' | 'finalized'): number | null => (labels === null ? null : tree.indexOf(labels[of]));
    const answer = this.#write({
      call: 'forkchoice',
      sent: { head: tree.indexOf(fc.head), safe: pick('safe'), finalized: pick('finalized') },
    });
    const unread = !this.engine.up || (answer.status === 'UNKNOWN' && this.fault(['unread']) === 'unread');
    const effect = unread ? 'unread' : this.#effectOf(fc);
    this.monitor = this.monitor.labelled(tree, fc, answer, effect);
    // A new block that stands at the head is proof that the call was carried out, whatever became of its answer.
    if (effect === 'moved' && this.action.do === 'extend') this.monitor = this.monitor.settled();
    return { answer, effect };
  }

  #beforeWrite(needsSource: boolean): void {
    this.monitor.beforeWrite(this.now, needsSource);
    const { tree, elSync } = this.scenario;
    if (elSync === null || this.action.do === 'el-sync') return;
    const { wanted } = this.engine;
    const isSources = wanted !== null && tree.isOnLine(wanted, this.source.head);
    if (isSources && isFetching(this.engine)) this.monitor.leavesAlone(this.now);
  }

  #effectOf({ head, labels }: Forkchoice): Effect {
    const { heads } = viewOf(this.scenario.tree, this.engine, []);
    const headStands = heads.unsafe.hash === head.hash;
    const labelsStand =
      labels === null || (heads.safe?.hash === labels.safe.hash && heads.finalized?.hash === labels.finalized.hash);
    if (headStands) return labelsStand ? 'moved' : 'head-only';
    return labels !== null && labelsStand ? 'labels-only' : 'unmoved';
  }

  #write(write: Write): EngineAnswer {
    const { tree, profile } = this.scenario;
    this.now += CALL_MS;
    const fault = this.fault(WRITE_FAULTS.slice(1));
    this.engine = applyLate(tree, profile, this.engine);
    const done = this.#oneOf(answersTo(tree, profile, this.engine, write));
    const answer = this.#answerOf(fault, write, done.answer);
    this.engine = this.#engineAfter(fault, write, done.engine);
    this.monitor = this.monitor.answered(tree, write, answer, this.now);
    return answer;
  }

  /** Where the profile allows several answers, each is given once. */
  #oneOf(answers: readonly [Answered, ...Answered[]]): Answered {
    if (answers.length === 1) return answers[0];
    const picked = this.choices.pick(answers);
    if (picked !== answers[0]) this.happened.push(`${picked.answer.status} by choice`);
    return picked;
  }

  #answerOf(fault: WriteFault, write: Write, answer: EngineAnswer): EngineAnswer {
    switch (fault) {
      case 'none':
        return this.engine.up ? answer : { status: 'UNSENT', error: new LockstepError('ENGINE_UNREACHABLE') };
      case 'timeout, done':
      case 'timeout, lost':
      case 'timeout, late':
        this.now += TIMEOUT_MS;
        return this.#unknown('ENGINE_TIMEOUT');
      case 'cut, done':
      case 'cut, EL dies':
        return this.#unknown('ENGINE_UNREACHABLE');
      case 'refused':
        return { status: 'UNSENT', error: new LockstepError('ENGINE_AUTH') };
      case 'rejected':
        return { status: 'REJECTED', code: write.call === 'payload' ? -38005 : -38002, reason: 'refused' };
    }
  }

  #engineAfter(fault: WriteFault, write: Write, done: EngineModel): EngineModel {
    if (!this.engine.up) return this.engine;
    switch (fault) {
      case 'none':
      case 'timeout, done':
      case 'cut, done':
        return done;
      case 'timeout, late':
        return { ...this.engine, late: write };
      case 'cut, EL dies':
        return { ...this.engine, up: false };
      case 'timeout, lost':
      case 'refused':
      case 'rejected':
        return this.engine;
    }
  }

  #unknown(code: ErrorCode): EngineAnswer {
    return { status: 'UNKNOWN', error: new LockstepError(code) };
  }
}
