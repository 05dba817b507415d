import { EL_SYNC_REAIM_MS, FOREIGN_QUIET_MS, KEEP_ALIVE_MS } from '../../../src/follow/limits.js';
import type { ClimbStop, ExtendStop, Outcome, PlanResult } from '../../../src/follow/action.js';
import type { Phase, State } from '../../../src/follow/state.js';
import type { Plan } from '../../../src/recovery/plan.js';
import { engineKey } from './engine/state.js';
import type { World } from './world.js';

/**
 * Worlds with the same key are taken for the same state. Times count relative to now. The age of the last forkchoice
 * only says whether the next one is due: which of two worlds is explored further cannot make a check pass wrongly.
 */
export function worldKey(world: World): string {
  const { source, budget, now } = world;
  return [
    source.up,
    source.head,
    source.safe,
    source.finalized,
    source.polled.head,
    source.polled.labels?.safe,
    source.polled.labels?.finalized,
    source.strayLabels?.safe,
    source.replica,
    engineKey(world.engine),
    budget.source,
    budget.engine,
    budget.faults,
    stateKey(world.state, now, dueKey),
    outcomeKey(world.outcome),
    world.monitor.key(now),
  ].join('|');
}

/** The same without what only the explorer counts, and with every time in full: for runs in which nothing goes wrong. */
export function healthyKey({ source, engine, state, outcome, now, monitor }: World): string {
  const { head, safe, finalized } = source;
  const age = (at: number | null, ms: number): string =>
    at === null ? 'never' : `${Math.min(KEEP_ALIVE_MS, ms - at)}`;
  const seen = [head, safe, finalized, engineKey(engine), monitor.past.fence];
  return [...seen, stateKey(state, now, age), outcomeKey(outcome)].join('|');
}

function dueKey(at: number | null, now: number): string {
  if (at === null) return 'never';
  return now - at >= KEEP_ALIVE_MS ? 'due' : '';
}

function stateKey(state: State, now: number, age: (at: number | null, now: number) => string): string {
  const { session, suspicion, trouble, unsettled, remembered } = state;
  const { identified, compared, fenced, primed, ignoreSyncing, batches } = session;
  const flags = [identified, compared, fenced, primed, ignoreSyncing, batches, state.sourceIdentified];
  return [
    phaseKey(state.phase),
    flags.map(Number).join(''),
    state.standing?.hash,
    suspicion && `${suspicion.height}/${Math.min(3, suspicion.seen)}/${suspicion.divergence?.source.hash ?? ''}`,
    trouble && `${trouble.key}/${Math.min(12, trouble.count)}/${left(trouble.retryAt, now)}/${trouble.named}`,
    unsettled && `${left(unsettled.until, now)}/${unsettled.waitMs}`,
    [...state.refused].map(([hash, until]) => `${hash}${left(until, now)}`).join(),
    age(state.lastForkchoiceAt, now),
    elSyncKey(state.elSync, now),
    remembered.safe?.hash,
    remembered.finalized?.hash,
    recoveryKey(state.recovery, now),
    session.spoiledAbove,
    paceKey(state, now),
  ].join(';');
}

function recoveryKey(recovery: State['recovery'], now: number): string {
  switch (recovery?.stage) {
    case undefined:
      return '';
    case 'stopped':
      return `${recovery.reason.kind} ${left(recovery.retryAt, now)}`;
    case 'climbing':
      return `${planKey(recovery.plan)} ${recovery.rungs.join('/')} ${recovery.unknowns}`;
    case 'replaying':
      return planKey(recovery.plan);
  }
}

/** Which plan it is of all that were made says nothing. */
function planKey({ ancestor, blocks, engineHead }: Plan): string {
  return `${ancestor.hash} ${blocks.at(-1)?.hash ?? ''} ${engineHead.hash}`;
}

function paceKey({ pace, foreign, staleAbove }: State, now: number): string {
  const pauses = [left(pace.notBefore, now), pace.pauseMs, left(pace.notBefore + 4 * pace.pauseMs, now)];
  return [...pauses, foreign.count, left(foreign.lastAt + FOREIGN_QUIET_MS, now), staleAbove?.hash].join('/');
}

function elSyncKey(elSync: State['elSync'], now: number): string {
  if (elSync?.stage !== 'running') return elSync?.stage ?? '';
  const { policy, target, ancestor, started, work, movedAt, aimedAt } = elSync;
  const pauses = [left(movedAt + policy.stallMs, now), left(aimedAt + EL_SYNC_REAIM_MS, now)];
  return [target.hash, ancestor, started, work.head, work.sync, ...pauses].join('/');
}

function left(until: number, now: number): number {
  return Math.max(0, until - now);
}

function phaseKey(phase: Phase): string {
  return phase.kind === 'holding' ? phase.reason.kind : phase.kind;
}

function outcomeKey(outcome: Outcome | null): string {
  if (outcome === null) return 'none';
  switch (outcome.of) {
    case 'wait':
      return outcome.of;
    case 'identify':
      return outcome.result;
    case 'compare':
      if ('error' in outcome) return outcome.error.code;
      return `${outcome.height} ${outcome.source?.hash ?? 'no'} ${outcome.engine?.hash ?? 'no'}`;
    case 'forkchoice':
      return `${outcome.effect} ${answerKey(outcome.answer)}`;
    case 'el-sync':
      return `${outcome.target.hash} ${outcome.stop.why === 'aimed' ? 'aimed' : stopKey(outcome.stop)}`;
    case 'extend':
      return `${outcome.head.hash} ${outcome.blocks} ${stopKey(outcome.stop)}`;
    case 'plan':
      return `${outcome.divergence.source.hash} ${planResultKey(outcome.result)}`;
    case 'climb':
      return `${outcome.rung} ${outcome.spoiledAbove} ${climbKey(outcome.stop)}`;
    case 'unmap':
      return `unmap ${outcome.spoiledAbove} ${climbKey(outcome.stop)}`;
  }
}

function planResultKey(result: PlanResult): string {
  switch (result.kind) {
    case 'planned':
      return `${planKey(result.plan)} ${result.rungs.join('/')}`;
    case 'finalized-differs':
      return `${result.kind} ${result.source.hash} ${result.engine.hash}`;
    case 'too-deep':
    case 'engine-failed':
    case 'pausing':
      return result.kind;
    case 'stopped':
      return stopKey(result.stop);
  }
}

function climbKey(stop: ClimbStop): string {
  switch (stop.why) {
    case 'climbed':
    case 'unread':
      return stop.why;
    case 'answered':
      return `${stop.to} ${answerKey(stop.answer)} ${stop.effect ?? ''}`;
    case 'refused':
      return `${stop.block.hash} ${answerKey(stop.answer)}`;
    case 'copy-refused':
      return `${stop.copy.hash} ${answerKey(stop.answer)}`;
    case 'not-sent':
      return stopKey(stop.stop);
  }
}

function stopKey(stop: ExtendStop): string {
  const block = 'block' in stop ? stop.block.hash : '';
  const number = 'number' in stop ? stop.number : '';
  const answer = 'answer' in stop ? answerKey(stop.answer) : '';
  return `${stop.why}${block}${number}${answer}${'effect' in stop ? stop.effect : ''}`;
}

function answerKey(answer: Extract<Outcome, { of: 'forkchoice' }>['answer']): string {
  const detail = 'error' in answer ? answer.error.code : 'code' in answer ? answer.code : '';
  return `${answer.status}${detail}`;
}
