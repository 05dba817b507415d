import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import { trustedLabels } from '../../../src/follow/labels.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import type { EngineView, Observation, State } from '../../../src/follow/state.js';
import type { Effect } from './carry-out.js';
import type { EngineModel, Write } from './engine/state.js';
import { requireLabels } from './label-rules.js';
import type { LabelPair } from './source-model.js';
import { NO_BLOCKS, type BlockSet, type Index, type Tree } from './tree.js';
import { Violation } from './violation.js';

/** The smallest pause before the same failing action may be tried again (I18). */
const MIN_RETRY_MS = 50;
/** So many turns in a row may pass without a pause or any progress. */
const MAX_BUSY_TURNS = 10;
/** How long an unknown outcome is only watched: after a timeout, and after a cut connection (fault E13). */
const WATCH_AFTER_TIMEOUT_MS = 8_000;
const WATCH_AFTER_CUT_MS = 500;
const REFUSED_TTL_MS = 10 * 60_000;

/** What the invariants have to know of the past. It belongs to the tests alone and shares nothing with State. */
interface History {
  /** The last finalized block that was sent to this lifetime of the EL; null before the first. */
  readonly sentFinalized: Index | null;
  readonly shownHead: number | null;
  readonly engineUnproved: boolean;
  readonly sourceUnproved: boolean;
  /** No forkchoice of this session has named the head that the EL showed. */
  readonly unprimed: boolean;
  readonly watchUntil: number;
  readonly failed: { readonly signature: string; readonly at: number } | null;
  readonly busyTurns: number;
  /** The EL answered INVALID, and until then the block must not be sent again in this session. */
  readonly refusedUntil: number;
  readonly differing: { readonly height: number; readonly seen: number } | null;
  /** The blocks that this lifetime of the EL answered VALID to, as a bit mask. */
  readonly validated: BlockSet;
  /** The EL was pointed at a far block, and until then it is left alone; each higher head that it shows grants `ms`. */
  readonly leftAlone: { readonly until: number; readonly ms: number } | null;
}

const EMPTY: History = {
  sentFinalized: null,
  shownHead: null,
  engineUnproved: false,
  sourceUnproved: false,
  unprimed: true,
  watchUntil: 0,
  failed: null,
  busyTurns: 0,
  refusedUntil: 0,
  differing: null,
  validated: NO_BLOCKS,
  leftAlone: null,
};

/** Checks each turn and each call against the invariants. Values are never changed in place. */
export class Monitor {
  static readonly START = new Monitor(EMPTY);
  readonly past: History;

  private constructor(past: History) {
    this.past = past;
  }

  #with(change: Partial<History>): Monitor {
    return new Monitor({ ...this.past, ...change });
  }

  /** The EL really started anew: what was sent to it before binds nobody, its own labels do. */
  restarted(): Monitor {
    return this.#with({ sentFinalized: null, validated: NO_BLOCKS, leftAlone: null });
  }

  /** The loop saw this. A lower head or a dead port is another lifetime of the EL. */
  observed({ engine, source }: Observation, now: number): Monitor {
    const sourceUnproved = this.past.sourceUnproved || source.kind === 'failed';
    if (engine.kind !== 'seen') {
      const dead = engine.kind === 'failed' && engine.error.code === 'ENGINE_UNREACHABLE';
      const engineUnproved = this.past.engineUnproved || engine.kind === 'failed';
      return this.#with({ ...(dead && this.#newSession()), engineUnproved, sourceUnproved });
    }
    const shownHead = engine.value.heads.unsafe.number;
    const lower = this.past.shownHead !== null && shownHead < this.past.shownHead;
    const higher = this.past.shownHead !== null && shownHead > this.past.shownHead;
    const leftAlone = extended(this.past.leftAlone, higher, now);
    return this.#with({ leftAlone, ...(lower && this.#newSession()), shownHead, sourceUnproved });
  }

  #newSession(): Partial<History> {
    return {
      shownHead: null,
      engineUnproved: true,
      unprimed: true,
      watchUntil: 0,
      refusedUntil: 0,
      busyTurns: 0,
      leftAlone: null,
    };
  }

  /** The loop decided this, `now` being the time at which the action starts. */
  decided(state: State, observation: Observation, action: Action, now: number): Monitor {
    if (observation.engine.kind === 'seen' && state.standing?.hash !== observation.engine.value.heads.unsafe.hash) {
      throw new Violation('I14', 'the remembered head is not the one that the EL shows');
    }
    if (action.do === 'recover') this.#requireConfirmed(action.divergence.source.number);
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

  #requireConfirmed(height: number): void {
    const { differing } = this.past;
    if (differing?.height !== height || differing.seen < 2) {
      throw new Violation('I9', `a recovery at ${height} without two differing reads in a row`);
    }
  }

  /** The action came to this. */
  ended(action: Action, outcome: Outcome, at: number): Monitor {
    const progressed = outcome.of === 'extend' && outcome.blocks > 0;
    const failed = succeeded(outcome) ? null : { signature: signatureOf(action), at };
    const proved = outcome.of === 'identify' && outcome.result === 'same';
    return this.#with({
      // A wait is no attempt: what failed before it still is the last thing that failed.
      ...(outcome.of !== 'wait' && { failed }),
      ...(progressed && { busyTurns: 0, shownHead: outcome.head.number }),
      ...(proved && { engineUnproved: false, sourceUnproved: false }),
      ...(outcome.of === 'compare' && { differing: this.#differing(outcome) }),
    });
  }

  #differing(outcome: Extract<Outcome, { of: 'compare' }>): History['differing'] {
    if ('error' in outcome) return this.past.differing;
    const { source, engine, height } = outcome;
    if (source === null || engine === null || source.hash === engine.hash) return null;
    const before = this.past.differing;
    return { height, seen: before?.height === height ? before.seen + 1 : 1 };
  }

  /** Checks that stand before every write: identity (I13, I19) and an unknown outcome before it (I17). */
  beforeWrite(now: number, needsSource: boolean): void {
    if (this.past.engineUnproved) throw new Violation('I19', 'a write to an EL that was not identified');
    if (needsSource && this.past.sourceUnproved) throw new Violation('I13', 'blocks of a source not identified');
    if (now < this.past.watchUntil) {
      throw new Violation('I17', `a write ${this.past.watchUntil - now} ms before the last one can be settled`);
    }
  }

  /** Something is about to be sent to an EL whose peers give it blocks. */
  leavesAlone(now: number): void {
    if (this.past.leftAlone !== null && now < this.past.leftAlone.until) {
      throw new Violation('E17', 'a write to an EL that syncs with its peers and gets on');
    }
  }

  /** A forkchoice with a far head is about to be sent, after `shown` was observed. */
  aim(tree: Tree, fc: Forkchoice, shown: EngineView, until: { now: number; policy: ElSyncPolicy }): Monitor {
    if (fc.labels !== null) throw new Violation('I10', 'labels of blocks that the EL may not have');
    if (!tree.isOnLine(tree.indexOf(shown.heads.unsafe), tree.indexOf(fc.head))) {
      throw new Violation('I8', 'the EL is pointed at another branch than its own');
    }
    const { now, policy } = until;
    const ms = Math.min(policy.startMs, policy.stallMs);
    return this.#with({ leftAlone: { until: now + ms, ms } });
  }

  /** A payload is about to be sent. */
  payload(tree: Tree, engine: EngineModel, block: Index, now: number): void {
    const { invalid } = engine;
    if (invalid === null || !tree.isOnLine(invalid, block)) return;
    if (block !== invalid) throw new Violation('I15', 'a descendant of an INVALID block is sent');
    const { refusedUntil } = this.past;
    if (now < refusedUntil) throw new Violation('I15', 'an INVALID block is sent again before its time');
  }

  /** A forkchoice is about to be sent, after `shown` was observed and with these labels of the source at hand. */
  forkchoice(
    tree: Tree,
    fc: Forkchoice,
    seen: { shown: EngineView; engine: EngineModel; source: LabelPair | null },
  ): Monitor {
    const head = tree.indexOf(fc.head);
    if (!tree.isOnLine(head, seen.engine.head) && (this.past.validated & tree.bit(head)) === NO_BLOCKS) {
      throw new Violation('I3', `the head ${fc.head.number} is neither canonical nor VALID in this session`);
    }
    const shownHead = tree.indexOf(seen.shown.heads.unsafe);
    if (this.past.unprimed && tree.height(shownHead) > 0 && head !== shownHead) {
      throw new Violation('prime', 'the first forkchoice of a session does not name the head that the EL shows');
    }
    if (!tree.isOnLine(shownHead, head)) throw new Violation('I8', 'a forkchoice below or beside the head of the EL');
    requireLabels(tree, fc, { own: trustedLabels(seen.shown), source: seen.source, sent: this.past.sentFinalized });
    return this.#with({ unprimed: false });
  }

  /** What a forkchoice came to: a finalized block that the EL was seen to take from us is never taken back. */
  labelled(tree: Tree, { labels }: Forkchoice, answer: EngineAnswer, effect: Effect): Monitor {
    const taken = answer.status === 'VALID' && (effect === 'moved' || effect === 'labels-only');
    return labels !== null && taken ? this.#with({ sentFinalized: tree.indexOf(labels.finalized) }) : this;
  }

  /** The write was answered like this. */
  answered(tree: Tree, write: Write, answer: EngineAnswer, now: number): Monitor {
    if (answer.status === 'VALID' && write.call === 'payload') {
      return this.#with({ validated: this.past.validated | tree.bit(write.block) });
    }
    if (answer.status === 'INVALID') return this.#with({ refusedUntil: now + REFUSED_TTL_MS });
    if (answer.status !== 'UNKNOWN') return this;
    const watchMs = answer.error.code === 'ENGINE_TIMEOUT' ? WATCH_AFTER_TIMEOUT_MS : WATCH_AFTER_CUT_MS;
    return this.#with({ watchUntil: now + watchMs });
  }

  /** The EL shows that the last write was carried out. */
  settled(): Monitor {
    return this.#with({ watchUntil: 0 });
  }

  /** All that the future depends on, with times relative to `now`. */
  key(now: number): string {
    const p = this.past;
    const flags = `${Number(p.engineUnproved)}${Number(p.sourceUnproved)}${Number(p.unprimed)}`;
    const watch = Math.max(0, p.watchUntil - now);
    const differing = p.differing === null ? '' : `${p.differing.height}x${Math.min(2, p.differing.seen)}`;
    return [
      p.sentFinalized,
      p.validated,
      p.shownHead,
      flags,
      watch,
      p.failed?.signature,
      p.busyTurns,
      now < p.refusedUntil,
      differing,
      p.leftAlone === null ? '' : Math.max(0, p.leftAlone.until - now),
    ].join();
  }
}

function extended(leftAlone: History['leftAlone'], higher: boolean, now: number): History['leftAlone'] {
  if (leftAlone === null || now >= leftAlone.until) return null;
  return higher ? { ...leftAlone, until: now + leftAlone.ms } : leftAlone;
}

function signatureOf(action: Action): string {
  switch (action.do) {
    case 'extend':
      return `extend ${action.from.number} ${action.to.hash}`;
    case 'el-sync':
      return `el-sync ${action.target.hash}`;
    case 'compare':
      return `compare ${action.height}`;
    case 'forkchoice':
      return `forkchoice ${action.forkchoice.head.hash} ${action.forkchoice.labels?.safe.hash ?? 'none'}`;
    case 'wait':
    case 'identify':
    case 'recover':
    case 'halt':
      return action.do;
  }
}

function succeeded(outcome: Outcome): boolean {
  switch (outcome.of) {
    case 'wait':
      return true;
    case 'identify':
      return outcome.result === 'same';
    case 'compare':
      return !('error' in outcome) && outcome.source !== null && outcome.engine !== null;
    case 'el-sync':
      return outcome.stop.why === 'aimed';
    case 'extend':
      return outcome.stop.why === 'reached' || outcome.stop.why === 'slice' || outcome.blocks > 0;
    case 'forkchoice':
      return outcome.effect === 'moved' && outcome.answer.status === 'VALID';
    case 'recover':
      return false;
  }
}
