import type { BlockRef } from '../../../src/chain/block.js';
import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import type { EngineView, Observation, State } from '../../../src/follow/state.js';
import { isOnPlan } from '../../../src/recovery/plan.js';
import { isUnread, signatureOf, succeeded } from './attempts.js';
import { leavesDoubt } from './write-faults.js';
import type { Effect } from './carry-out.js';
import type { EngineModel, Write } from './engine/state.js';
import { requireAim, requireBatch, requireComplete, requireHead, requirePayload } from './head-rules.js';
import { extended, historyKey, NO_HISTORY, type History, type RecoveryHistory } from './history.js';
import { ownLabels, requireLabels } from './label-rules.js';
import { afterClimb, lowestAfter, requireClimbable, requireConfirmed } from './recovery-rules.js';
import type { LabelPair } from './source-model.js';
import type { Index, Tree } from './tree.js';
import { sharedHeight } from './shared-height.js';
import { Violation } from './violation.js';

/** The smallest pause before the same failing action may be tried again (I18). */
const MIN_RETRY_MS = 50;
/** So many turns in a row may pass without a pause or any progress: all rungs, twice, where a keep-alive takes the pause. */
const MAX_BUSY_TURNS = 16;
/** How long an unknown outcome is only watched: after a timeout, and after a cut connection (fault E13). */
const WATCH_AFTER_TIMEOUT_MS = 8_000;
const WATCH_AFTER_CUT_MS = 500;
const REFUSED_TTL_MS = 10 * 60_000;

/** The write that is about to be sent, and what was seen before it. */
export interface Sending {
  readonly action: Action;
  readonly engine: EngineModel;
  readonly shown: EngineView;
  /** The labels of the source that are at hand. */
  readonly source: LabelPair | null;
  /** The safe block that is remembered: a hint. */
  readonly remembered: Index | null;
  readonly now: number;
}

/** Checks each turn and each call against the invariants. Values are never changed in place. */
export class Monitor {
  readonly past: History;
  readonly #tree: Tree;

  private constructor(tree: Tree, past: History) {
    this.#tree = tree;
    this.past = past;
  }

  static start(tree: Tree, fence: Index | null): Monitor {
    return new Monitor(tree, { ...NO_HISTORY, fence });
  }

  #with(change: Partial<History>): Monitor {
    return new Monitor(this.#tree, { ...this.past, ...change });
  }

  #recovering(change: Partial<RecoveryHistory>): RecoveryHistory {
    return { ...this.past.recovery, ...change };
  }

  /** The EL really started anew: what it took before is on no wire any more, and the fence stays. */
  restarted(): Monitor {
    const { sentFinalized, validated, refused, batchDoubted, leftAlone } = NO_HISTORY;
    return this.#with({ sentFinalized, validated, refused, batchDoubted, leftAlone });
  }

  /** lockstep started anew, and proved at boot who both sides are. `fence`: what its journal told. */
  rebooted(fence: Index | null): Monitor {
    const { sentFinalized, validated } = this.past;
    return new Monitor(this.#tree, { ...NO_HISTORY, sentFinalized, validated, fence });
  }

  /** The loop saw this. A lower head or a dead port is another lifetime of the EL. */
  observed({ engine, source }: Observation, now: number): Monitor {
    const sourceUnproved = this.past.sourceUnproved || source.kind === 'failed';
    if (engine.kind !== 'seen') {
      const dead = engine.kind === 'failed' && engine.error.code === 'ENGINE_UNREACHABLE';
      const engineUnproved = this.past.engineUnproved || engine.kind === 'failed';
      return this.#with({ ...(dead && this.#newSession()), engineUnproved, sourceUnproved });
    }
    const { recovery } = this.past;
    const shownHead = engine.value.heads.unsafe.number;
    const lower = this.past.shownHead !== null && shownHead < this.past.shownHead;
    const higher = this.past.shownHead !== null && shownHead > this.past.shownHead;
    const head = this.#tree.indexOf(engine.value.heads.unsafe);
    const leftAlone = extended(this.past.leftAlone, { head, higher, now }, this.#tree);
    const fresh = lower ? this.#newSession() : {};
    const engineUnproved = fresh.engineUnproved ?? this.past.engineUnproved;
    const fence = engineUnproved ? this.past.fence : this.#fenceIn(engine.value);
    const arrives = recovery.plan !== null && !recovery.arrived && isOnPlan(recovery.plan, engine.value.heads.unsafe);
    return this.#with({
      leftAlone,
      ...fresh,
      shownHead,
      sourceUnproved,
      fence,
      ...(arrives && { recovery: this.#recovering({ arrived: true, recoveredAt: recovery.climbedAt }) }),
    });
  }

  #fenceIn({ heads: { unsafe, finalized } }: EngineView): Index | null {
    const block = finalized === null ? null : this.#tree.indexOf(finalized);
    const { fence } = this.past;
    if (block === null || !this.#tree.isOnLine(block, this.#tree.indexOf(unsafe))) return fence;
    return fence === null || this.#tree.height(block) > this.#tree.height(fence) ? block : fence;
  }

  #newSession(): Partial<History> {
    return {
      shownHead: null,
      engineUnproved: true,
      unprimed: true,
      watchUntil: 0,
      refused: NO_HISTORY.refused,
      batchDoubted: false,
      busyTurns: 0,
      leftAlone: null,
    };
  }

  /** The loop decided this, `now` being the time at which the action starts. */
  decided(state: State, observation: Observation, action: Action, now: number): Monitor {
    const { engine } = observation;
    if (engine.kind === 'seen' && state.standing?.hash !== engine.value.heads.unsafe.hash) {
      throw new Violation('I14', 'the remembered head is not the one that the EL shows');
    }
    if (action.do === 'plan') requireConfirmed(this.past, action.divergence.source.number);
    if (action.do === 'climb') requireClimbable(this.past, action, state.recoveryPolicy.cooldownMs, now);
    if (action.do === 'extend' && action.plan !== null && action.plan !== this.past.recovery.plan) {
      throw new Violation('I7', 'blocks of another plan than the last complete one');
    }
    const { failed } = this.past;
    const startsAt = action.do === 'compare' ? now + action.ms : now;
    if (failed !== null && failed.signature === signatureOf(action) && startsAt - failed.at < MIN_RETRY_MS) {
      throw new Violation('I18', `${failed.signature} failed and is tried again after ${startsAt - failed.at} ms`);
    }
    const pauses = (action.do === 'wait' || action.do === 'compare') && action.ms >= MIN_RETRY_MS;
    const busyTurns = pauses ? 0 : this.past.busyTurns + 1;
    if (busyTurns > MAX_BUSY_TURNS) throw new Violation('I18', `${busyTurns} turns without a pause or progress`);
    return this.#with({ busyTurns });
  }

  /** The action came to this, and left the EL like `engine`. */
  ended(action: Action, outcome: Outcome, at: number, engine: EngineModel): Monitor {
    const progressed = outcome.of === 'extend' && outcome.blocks > 0;
    const failed = succeeded(outcome) ? null : { signature: signatureOf(action), at };
    const proved = outcome.of === 'identify' && outcome.result === 'same';
    return this.#with({
      // A wait is no attempt: what failed before it still is the last thing that failed.
      ...(outcome.of !== 'wait' && { failed }),
      ...(progressed && { busyTurns: 0, shownHead: outcome.head.number }),
      ...(proved && { engineUnproved: false, sourceUnproved: false }),
      ...(isUnread(outcome) && { engineUnproved: true }),
      ...(outcome.of === 'compare' && { differing: this.#differing(outcome) }),
      ...(outcome.of === 'plan' && this.#planned(outcome, engine)),
      ...((outcome.of === 'climb' || outcome.of === 'unmap') && this.#climbed(action, outcome, engine, at)),
    });
  }

  #differing(outcome: Extract<Outcome, { of: 'compare' }>): History['differing'] {
    if ('error' in outcome) return this.past.differing;
    const { source, engine, height } = outcome;
    if (source === null || engine === null || source.hash === engine.hash) return null;
    const before = this.past.differing;
    return { height, seen: before?.height === height ? before.seen + 1 : 1 };
  }

  #planned({ result }: Extract<Outcome, { of: 'plan' }>, engine: EngineModel): Partial<History> {
    if (result.kind !== 'planned') return {};
    requireComplete(this.#tree, result.plan, engine);
    const { plan } = result;
    return { recovery: this.#recovering({ plan, refusedRungs: [], arrived: false }) };
  }

  #climbed(
    action: Action,
    outcome: Extract<Outcome, { of: 'climb' | 'unmap' }>,
    engine: EngineModel,
    at: number,
  ): Partial<History> {
    const shownHead = lowestAfter(this.past, action, outcome);
    const recovery = this.#recovering(afterClimb(this.#tree, this.past.recovery, action, outcome, engine, at));
    return { ...(outcome.stop.why === 'climbed' && { busyTurns: 0 }), shownHead, recovery };
  }

  /** Checks that stand before every write: identity (I13, I19), and that no other is under way (I5, I17). */
  beforeWrite(now: number, needsSource: boolean, { late }: EngineModel): void {
    if (this.past.engineUnproved) throw new Violation('I19', 'a write to an EL that was not identified');
    if (needsSource && this.past.sourceUnproved) throw new Violation('I13', 'blocks of a source not identified');
    if (late !== null && now < this.past.watchUntil) {
      throw new Violation('I17', `a write ${this.past.watchUntil - now} ms before the last one can be settled`);
    }
  }

  /** Something is about to be sent to an EL whose peers give it blocks. */
  leavesAlone(now: number): void {
    if (this.past.leftAlone !== null && now < this.past.leftAlone.until) {
      throw new Violation('E17', 'a write to an EL that syncs with its peers and gets on');
    }
  }

  /** A forkchoice with a far head is about to be sent: on the branch of the EL, or on that of a plan. */
  aim(fc: Forkchoice, { shown }: Sending): void {
    requireAim(this.#tree, fc, this.#tree.indexOf(shown.heads.unsafe), this.past);
  }

  /** The EL took the far block, and has so much time to get on. */
  aimed(target: Index, { startMs, stallMs }: ElSyncPolicy, now: number): Monitor {
    const ms = Math.min(startMs, stallMs);
    return this.#with({ leftAlone: { target, until: now + ms, ms } });
  }

  payload(block: Index, { action, engine, now }: Sending): void {
    const { validated, refused } = this.past;
    requirePayload(this.#tree, action, block, engine, { validated, isRefused: now < (refused.get(block) ?? 0) });
  }

  /** Several payloads in one call: each but the first builds on the one before it. */
  payloads(blocks: readonly [Index, ...Index[]], sending: Sending): void {
    this.payload(blocks[0], sending);
    requireBatch(this.#tree, blocks, this.past.batchDoubted);
  }

  /** What is INVALID within a batch may be sent once more, alone. */
  doubted(answers: readonly EngineAnswer[], before: Monitor): Monitor {
    return leavesDoubt(answers) ? this.#with({ batchDoubted: true, refused: before.past.refused }) : this;
  }

  /** A far block that is INVALID may be sent once more, when the blocks below it have been replayed. */
  refusedToSync(before: Monitor): Monitor {
    return this.#with({ refused: before.past.refused });
  }

  /** debug_setHead is about to be sent. */
  setHead(block: Index, sending: Sending): void {
    this.#requireHead(block, sending);
    if (!this.#tree.isOnLine(block, sending.engine.head)) throw new Violation('I3', 'a head that the EL does not have');
  }

  #requireHead(head: Index, { action, engine, shown }: Sending): void {
    const { fence, validated } = this.past;
    const standing = { shown: this.#tree.indexOf(shown.heads.unsafe), fence, validated };
    requireHead(this.#tree, action, head, engine, standing);
  }

  forkchoice(fc: Forkchoice, sending: Sending): Monitor {
    const tree = this.#tree;
    const { action, shown, source } = sending;
    const head = tree.indexOf(fc.head);
    const shownHead = tree.indexOf(shown.heads.unsafe);
    const { unprimed, sentFinalized: sent } = this.past;
    this.#requireHead(head, sending);
    const recovers = action.do === 'climb' || action.do === 'unmap';
    // What debug_setHead was asked for is where the EL says that it stands.
    const isSet = action.do === 'climb' && action.rung === 'set-head';
    const stands =
      head === shownHead || head === sending.engine.head || isSet || (recovers && !tree.isOnLine(head, shownHead));
    if (unprimed && tree.height(shownHead) > 0 && !stands) {
      throw new Violation('prime', 'the first forkchoice of a session does not name the head that the EL shows');
    }
    const { fence } = this.past;
    const own = ownLabels(tree, shown, fence, sharedHeight(action, fc.head));
    const { safe, finalized } = shown.heads;
    const raw = (label: BlockRef | null): Index | null => (label === null ? null : tree.indexOf(label));
    const labels = [raw(safe), raw(finalized)] as const;
    requireLabels(tree, fc, { own, source, sent, fence, shown: labels, remembered: sending.remembered });
    return this.#with({ unprimed: false });
  }

  /** What a forkchoice came to: a finalized block that the EL was seen to take from us is never taken back. */
  labelled({ labels }: Forkchoice, answer: EngineAnswer, effect: Effect, { finalized, late }: EngineModel): Monitor {
    // Some ELs take zeros for genesis, where no other labels could be named: also when nobody hears of it, or later.
    if (labels === null) return finalized === 0 || late !== null ? this.#with({ sentFinalized: null }) : this;
    const taken = answer.status === 'VALID' && (effect === 'moved' || effect === 'labels-only');
    return taken ? this.#with({ sentFinalized: this.#tree.indexOf(labels.finalized) }) : this;
  }

  /** The write was answered like this. */
  answered(write: Write, answer: EngineAnswer, now: number): Monitor {
    if (answer.status === 'VALID' && write.call === 'payload') {
      return this.#with({ validated: this.past.validated | this.#tree.bit(write.block) });
    }
    if (answer.status === 'INVALID' && write.call === 'payload' && answer.verdictOn === 'block') {
      return this.#with({ refused: new Map([...this.past.refused, [write.block, now + REFUSED_TTL_MS]]) });
    }
    if (answer.status !== 'UNKNOWN') return this;
    const watchMs = answer.error.code === 'ENGINE_TIMEOUT' ? WATCH_AFTER_TIMEOUT_MS : WATCH_AFTER_CUT_MS;
    return this.#with({ watchUntil: now + watchMs });
  }

  /** All that the future depends on, with times relative to `now`. */
  key(now: number): string {
    return historyKey(this.past, now);
  }
}
