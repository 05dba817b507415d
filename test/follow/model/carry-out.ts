import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import type { BlockRef } from '../../../src/chain/block.js';
import type { EngineView, State } from '../../../src/follow/state.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { ErrorCode } from '../../../src/util/error-codes.js';
import type { Choices } from './choices.js';
import { isFetching } from './engine/peers.js';
import { afterRemoval } from './engine/removal.js';
import { answersTo, applyLate } from './engine/send.js';
import type { Answered, EngineModel, Write } from './engine/state.js';
import { viewOf } from './engine/view.js';
import type { Monitor, Sending } from './monitor.js';
import type { LabelPair, SourceModel } from './source-model.js';
import type { Index } from './tree.js';
import type { Core } from './turn.js';
import { engineRefAt, sourceRefAt, type Scenario, type World } from './world.js';
import { BATCH_FAULTS, doneOf, failureOf, REFUSED_IN_A_BATCH, WRITE_FAULTS, type WriteFault } from './write-faults.js';

export type Effect = Extract<Outcome, { of: 'forkchoice' }>['effect'];

interface Applied {
  readonly effect: Effect;
  readonly answer: EngineAnswer;
}

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
  readonly #state: State;
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
    this.#state = turn.state;
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

  /** The EL refused this block before, and is not asked again yet. */
  isRefused({ hash }: Pick<BlockRef, 'hash'>): boolean {
    return this.now < (this.#state.refused.get(hash) ?? 0);
  }

  /** The source's block at a height, as one of its replicas has it. */
  sourceAt(height: number): BlockRef | null {
    return this.sourceAtAll([height])[0]!;
  }

  /** Its blocks at several heights, all of one replica. */
  sourceAtAll(heights: readonly number[]): readonly (BlockRef | null)[] {
    const { tree } = this.scenario;
    const { replica } = this.source;
    const stray = replica !== null && this.sourceFault(['other replica']) === 'other replica';
    const answering = stray ? { ...this.source, head: replica } : this.source;
    return heights.map((height) => sourceRefAt(tree, answering, height));
  }

  /** @throws LockstepError ENGINE_UNREACHABLE */
  engineAt(height: number): BlockRef | null {
    return this.#read(() => engineRefAt(this.scenario.tree, this.engine, height));
  }

  /** @throws LockstepError ENGINE_UNREACHABLE */
  canSetHead(): boolean {
    return this.#read(() => this.scenario.canSetHead);
  }

  /** The wait until the EL has dropped what it gave up. @throws LockstepError ENGINE_UNREACHABLE */
  forgets(): boolean {
    return this.#read(() => {
      if (this.fault(['stays on disk']) === 'stays on disk') return false;
      [this.engine] = afterRemoval(this.scenario.profile, this.engine);
      return true;
    });
  }

  #read<T>(read: () => T): T {
    if (this.engine.up) return read();
    throw new LockstepError('ENGINE_UNREACHABLE');
  }

  payload(block: Index): EngineAnswer {
    this.#beforeWrite(true);
    this.monitor.payload(block, this.#sending);
    return this.#write({ call: 'payload', block });
  }

  /**
   * Several payloads in one call: all of them are carried out, also after one that failed (engines-measured 1.9). What goes
   * wrong with the call goes wrong with all of it, but a cut may come after some of them.
   */
  payloads(blocks: readonly [Index, ...Index[]]): readonly EngineAnswer[] {
    this.#beforeWrite(true);
    this.monitor.payloads(blocks, this.#sending);
    const before = this.monitor;
    const answers = this.#answersToBatch(blocks);
    this.monitor = this.monitor.doubted(answers, before);
    return answers;
  }

  #answersToBatch(blocks: readonly [Index, ...Index[]]): readonly EngineAnswer[] {
    const before = this.monitor;
    const fault = this.fault(BATCH_FAULTS);
    const answers = blocks
      .slice(0, doneOf(fault, blocks.length))
      .map((block) => this.#write({ call: 'payload', block }, 'again'));
    if (fault === 'none') return answers;
    if (fault === 'refused midway') return blocks.map((_, index) => answers[index] ?? REFUSED_IN_A_BATCH);
    if (fault === 'cut, EL dies') this.engine = { ...this.engine, up: false };
    if (fault === 'timeout, done') this.now += TIMEOUT_MS;
    const answer = failureOf(fault);
    // What the EL answered did not arrive.
    this.monitor = before.answered({ call: 'payload', block: blocks[0] }, answer, this.now);
    return blocks.map(() => answer);
  }

  setHead(block: Index): EngineAnswer {
    this.#beforeWrite(true);
    this.monitor.setHead(block, this.#sending);
    return this.#write({ call: 'set-head', block });
  }

  /** Sends a forkchoice, reads it back by hash and repeats a VALID one that did not do it all, as the engine room does. */
  forkchoice(fc: Forkchoice, needsSource: boolean): Applied {
    this.#beforeWrite(needsSource);
    if (this.action.do === 'el-sync') this.monitor.aim(fc, this.#sending);
    else this.monitor = this.monitor.forkchoice(fc, this.#sending);
    const applied = this.#applied(fc, this.#write(this.#forkchoiceCall(fc)));
    const { answer, effect } = this.#isIncomplete(applied)
      ? this.#applied(fc, this.#write(this.#forkchoiceCall(fc), 'again'))
      : applied;
    this.monitor = this.monitor.labelled(fc, answer, effect, this.engine);
    return { answer, effect };
  }

  #forkchoiceCall({ head, labels }: Forkchoice): Write {
    const { tree } = this.scenario;
    const pick = (of: 'safe' | 'finalized'): Index | null => (labels === null ? null : tree.indexOf(labels[of]));
    return {
      call: 'forkchoice',
      sent: { head: tree.indexOf(head), safe: pick('safe'), finalized: pick('finalized') },
    };
  }

  #applied(fc: Forkchoice, answer: EngineAnswer): Applied {
    const unread = !this.engine.up || (answer.status === 'UNKNOWN' && this.fault(['unread']) === 'unread');
    return { answer, effect: unread ? 'unread' : this.#effectOf(fc) };
  }

  #isIncomplete({ answer, effect }: Applied): boolean {
    return answer.status === 'VALID' && effect !== 'moved' && effect !== 'unread';
  }

  get #sending(): Sending {
    const { action, engine, shown, sourceLabels: source, now, scenario } = this;
    if (shown === null) throw new RangeError('a write without a look at the EL');
    const { safe } = this.#state.remembered;
    const remembered = safe === null ? null : scenario.tree.indexOf(safe);
    return { action, engine, shown, source, remembered, now };
  }

  #beforeWrite(needsSource: boolean): void {
    this.monitor.beforeWrite(this.now, needsSource, this.engine);
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

  /** What is sent once more at once is not the place for another fault. */
  #write(write: Write, attempt: 'once' | 'again' = 'once'): EngineAnswer {
    const { tree, profile } = this.scenario;
    this.now += CALL_MS;
    const fault = attempt === 'once' ? this.fault(WRITE_FAULTS.slice(1)) : 'none';
    this.engine = applyLate(tree, profile, this.engine);
    const done = this.#oneOf(answersTo(tree, profile, this.engine, write));
    const answer = this.#answerOf(fault, write, done.answer);
    this.engine = this.#engineAfter(fault, write, done.engine);
    this.monitor = this.monitor.answered(write, answer, this.now);
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
