import { EL_SYNC_REAIM_MS, KEEP_ALIVE_MS } from '../../../src/follow/limits.js';
import type { Outcome } from '../../../src/follow/action.js';
import type { Phase, State } from '../../../src/follow/state.js';
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
export function healthyKey({ source, engine, state, outcome, now }: World): string {
  const { head, safe, finalized } = source;
  const age = (at: number | null, ms: number): string =>
    at === null ? 'never' : `${Math.min(KEEP_ALIVE_MS, ms - at)}`;
  return [head, safe, finalized, engineKey(engine), stateKey(state, now, age), outcomeKey(outcome)].join('|');
}

function dueKey(at: number | null, now: number): string {
  if (at === null) return 'never';
  return now - at >= KEEP_ALIVE_MS ? 'due' : '';
}

function stateKey(state: State, now: number, age: (at: number | null, now: number) => string): string {
  const { session, suspicion, trouble, unsettled } = state;
  const flags = [session.identified, session.compared, session.primed, session.ignoreSyncing, state.sourceIdentified];
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
  ].join(';');
}

function elSyncKey(elSync: State['elSync'], now: number): string {
  if (elSync?.stage !== 'running') return elSync?.stage ?? '';
  const { policy, target, started, work, movedAt, aimedAt } = elSync;
  const pauses = [left(movedAt + policy.stallMs, now), left(aimedAt + EL_SYNC_REAIM_MS, now)];
  return [target.hash, started, work.head, work.sync, ...pauses].join('/');
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
    case 'recover':
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
  }
}

function stopKey(stop: Extract<Outcome, { of: 'extend' }>['stop']): string {
  const block = 'block' in stop ? stop.block.hash : '';
  const number = 'number' in stop ? stop.number : '';
  const answer = 'answer' in stop ? answerKey(stop.answer) : '';
  return `${stop.why}${block}${number}${answer}${'effect' in stop ? stop.effect : ''}`;
}

function answerKey(answer: Extract<Outcome, { of: 'forkchoice' }>['answer']): string {
  const detail = 'error' in answer ? answer.error.code : 'code' in answer ? answer.code : '';
  return `${answer.status}${detail}`;
}
