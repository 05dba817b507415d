import type { Logger } from 'pino';
import type { BlockRef, Labels } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';
import type { ExtendStop, Outcome } from '../follow/action.js';
import type { FollowHooks, Phase, Turn, UnusedLabels } from '../follow/state.js';
import type { LockstepError } from '../util/errors.js';
import { shortHash } from '../util/hex.js';
import { elSyncText, logElSync } from './el-sync-report.js';
import type { Metrics } from './metrics.js';
import type { Progress, ProgressTracker } from './progress.js';
import { divergenceFields, errorFields, holdFields, levelOf, levelOfRepeat, refFields } from './hold-report.js';
import { logRecovery, logRecoveryOutcome } from './recovery-report.js';
import { logHeadNews } from './head-news.js';
import { watchSourceAge } from './source-age.js';

/** One progress line per this long; operators of other clients are used to one per slot. */
const PROGRESS_EVERY_MS = 12_000;

interface ReportParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly progress: ProgressTracker;
  readonly now: () => number;
}

/** A source of several nodes may show a slower one now and then: that is not worth a line. */
const UNUSED_SAID_AFTER_MS = 3_000;

const UNUSED_MEANINGS: Readonly<Record<UnusedLabels, string>> = {
  underived: 'its consensus client has derived nothing from L1 since it started, and shows labels that it kept',
  replaying: 'its consensus client derives again what it had derived before',
};

/** Turns what the loop does into log lines (on the edges, and one per 12 s) and metrics. Never decides anything. */
export function reportTo(parts: ReportParts): FollowHooks {
  const { log, metrics, progress } = parts;
  let progressDueAt = parts.now() + PROGRESS_EVERY_MS;
  let phaseSince = parts.now();
  const tellLabels = labelReport(log, parts.now);
  const sourceAgeMs = watchSourceAge(log, parts.now);
  const tellHeadNews = logHeadNews(log);
  return {
    onTurn: (turn) => {
      progress.turn(turn);
      metrics.turn(turn);
      const snapshot = progress.snapshot;
      metrics.progress(snapshot);
      metrics.sourceAge(sourceAgeMs(turn));
      const changed = logPhaseChange(log, turn, snapshot);
      if (changed) phaseSince = parts.now();
      logSession(log, turn);
      logElSync(log, turn);
      logRecovery(log, turn);
      if (changed || parts.now() >= progressDueAt) {
        progressDueAt = parts.now() + PROGRESS_EVERY_MS;
        if (!changed) logProgress(log, turn.state.phase, snapshot, parts.now() - phaseSince);
      }
    },
    onOutcome: (outcome) => {
      metrics.outcome(outcome);
      logOutcome(log, outcome);
      logRecoveryOutcome(log, outcome);
    },
    onPlanning: (what, number) => {
      log.debug({ what, number }, 'Planning the recovery');
      if (parts.now() < progressDueAt) return;
      progressDueAt = parts.now() + PROGRESS_EVERY_MS;
      log.info({ what, number }, 'Recovery: looking for the way back');
    },
    onBlock: (payload) => {
      progress.block(payload);
      metrics.block(payload);
      const { number, hash } = payload.ref;
      log.debug({ number, hash, txs: payload.transactionCount }, 'Block is valid');
      if (parts.now() >= progressDueAt) {
        progressDueAt = parts.now() + PROGRESS_EVERY_MS;
        const fields = { number, hash: shortHash(hash), ...originFields(payload.l1Origin) };
        log.info({ ...fields, ...rateFields(progress.snapshot) }, 'Replaying blocks');
      }
    },
    onFetched: (ms, ahead) => metrics.fetched(ms, ahead),
    onLabels: (seen) => {
      metrics.labels(seen);
      tellLabels(seen);
    },
    onHeadNews: (news) => {
      metrics.headNews(news);
      tellHeadNews(news);
    },
    onStatus: (status) => progress.status(status),
  };
}

/** Tells, on the edges, whether safe and finalized can be read, and which of them the source does not show. */
function labelReport(log: Logger, now: () => number): FollowHooks['onLabels'] {
  let failed = false;
  let unusedSince: number | null = null;
  let unusedSaid = false;
  let missing = 'none';
  return (seen) => {
    if (seen.kind === 'pending') return;
    if (seen.kind === 'failed') {
      if (!failed) log.warn(errorFields(seen.error), 'Safe and finalized cannot be read from the source');
      failed = true;
      return;
    }
    if (seen.kind === 'unused') {
      unusedSince ??= now();
      if (unusedSaid || now() - unusedSince < UNUSED_SAID_AFTER_MS) return;
      log.warn({ why: UNUSED_MEANINGS[seen.why] }, 'Safe and finalized of the source are not used');
      unusedSaid = true;
      return;
    }
    if (unusedSaid) log.info('Safe and finalized of the source are used again');
    unusedSince = null;
    unusedSaid = false;
    if (failed) log.info('Safe and finalized are read again');
    failed = false;
    const unset = unsetLabels(seen.value);
    if (unset !== missing) log.info({ missing: unset }, 'The labels that the source does not show have changed');
    missing = unset;
  };
}

function unsetLabels({ safe, finalized }: Labels): string {
  const unset = [...(safe === null ? ['safe'] : []), ...(finalized === null ? ['finalized'] : [])];
  return unset.length === 0 ? 'none' : unset.join(', ');
}

function logPhaseChange(log: Logger, { before, state }: Turn, progress: Progress): boolean {
  const [from, to] = [before.phase, state.phase];
  if (phaseKey(from) === phaseKey(to)) return false;
  const goesOn = to.kind !== 'holding' && to.kind !== 'halted';
  if (from.kind === 'holding' && goesOn) log.info({ was: from.reason.kind }, 'The hold is over');
  const fields = { ...sideFields(progress), ...rateFields(progress) };
  switch (to.kind) {
    case 'starting':
      break;
    case 'syncing':
      log.info(fields, 'Syncing: the EL is behind the source');
      break;
    case 'following':
      log.info(fields, 'Following: the EL keeps up with the source');
      break;
    case 'recovering':
      log.warn(divergenceFields(to.divergence), 'The EL is on another branch than the source');
      break;
    case 'holding':
      log[levelOf(to.reason)](holdFields(to.reason), 'Holding: nothing changes in the EL');
      break;
    case 'halted':
      // The process ends now and says why, with its exit code, in the one line of level crit.
      break;
  }
  return true;
}

function logSession(log: Logger, { before, state }: Turn): void {
  if (state.session.id !== before.session.id) {
    log.warn({ session: state.session.id }, 'The EL went away or came back lower: a new session starts');
  }
}

function logProgress(log: Logger, phase: Phase, progress: Progress, lastedMs: number): void {
  const fields = { state: phase.kind, ...sideFields(progress), ...rateFields(progress) };
  if (phase.kind === 'holding') {
    const held = { ...fields, ...holdFields(phase.reason), held_s: Math.round(lastedMs / 1_000) };
    log[levelOfRepeat(phase.reason, lastedMs)](held, 'Still holding');
  } else log.info(fields, progress.elSync === null ? 'Progress' : elSyncText(progress.elSync));
}

function logOutcome(log: Logger, outcome: Outcome): void {
  if (outcome.of === 'el-sync') {
    if (outcome.stop.why === 'block-rejected') logRejected(log, outcome.stop);
  } else if (outcome.of === 'extend') {
    const { stop, head, blocks } = outcome;
    if (stop.why === 'block-rejected') logRejected(log, stop);
    else if (stop.why === 'payload-answer')
      log.warn({ ...refFields(stop.block), answer: stop.answer.status }, 'The EL did not take a payload');
    else if (stop.why === 'batch-answer') logBatch(log, stop);
    else if (stop.why === 'forkchoice-answer') {
      log.warn(
        { ...refFields(stop.block), answer: stop.answer.status, effect: stop.effect },
        stop.effect === 'moved' ? 'A forkchoice was not answered' : 'A forkchoice was not applied',
      );
    } else log.debug({ ...refFields(head), blocks, stop: stop.why }, 'Extended');
  } else if (outcome.of === 'forkchoice' && outcome.effect !== 'moved') {
    log.warn({ answer: outcome.answer.status, effect: outcome.effect }, 'A forkchoice was not applied');
  } else if (outcome.of === 'identify' && outcome.result === 'different') {
    log.error(errorFields(outcome.error), 'Another chain answers than at boot');
  }
}

type BatchAnswer = Extract<ExtendStop, { why: 'batch-answer' }>;

function logBatch(log: Logger, stop: BatchAnswer): void {
  const { block, answer, first, last } = stop;
  const name = ({ number, hash }: BlockRef): string => `${number}:${hash}`;
  log.warn(
    { ...refFields(block), answer: answer.status, ...reasonOf(answer), first: name(first), last: name(last) },
    'The EL did not take a batch of payloads whole: the rest goes block by block, and may be invalid indeed',
  );
}

function reasonOf(answer: BatchAnswer['answer']): Record<string, string> {
  if ('error' in answer) return { why: answer.error.message };
  return 'reason' in answer ? { why: answer.reason } : {};
}

function logRejected(log: Logger, { number, error }: { readonly number: number; readonly error: LockstepError }): void {
  log.error({ at: number, ...errorFields(error) }, 'A block of the source was refused');
}

/** Two holds with the same key are the same hold: its details may change without a new line. */
function phaseKey(phase: Phase): string {
  return phase.kind === 'holding' ? `holding:${phase.reason.kind}` : phase.kind;
}

function originFields(origin: L1Origin | null): Record<string, number> {
  return origin === null ? {} : { l1_origin: origin.number, seq: origin.sequenceNumber };
}

function sideFields({ engine, source, status, lagBlocks, l1Origin }: Progress): Record<string, string | number> {
  const name = (ref: BlockRef | null | undefined): string => (ref ? `${ref.number}:${shortHash(ref.hash)}` : 'none');
  return {
    unsafe: name(engine?.unsafe),
    safe: name(engine?.safe),
    finalized: name(engine?.finalized),
    source: name(source?.head),
    lag: lagBlocks ?? 'unknown',
    ...originFields(l1Origin),
    ...(status !== null && { local_safe: status.localSafe?.number ?? 'none', l1: status.currentL1?.number ?? 'none' }),
  };
}

function rateFields({ blocksPerSecond, etaSeconds }: Progress): Record<string, string | number> {
  return etaSeconds === null
    ? { blocks_per_s: blocksPerSecond }
    : { blocks_per_s: blocksPerSecond, eta: `${etaSeconds}s` };
}
