import type { Logger } from 'pino';
import type { Outcome } from '../follow/action.js';
import type { Turn } from '../follow/state.js';
import { depthOf, targetOf, type Plan } from '../recovery/plan.js';
import { shortHash } from '../util/hex.js';
import { recoveryEdges } from './recovery-edge.js';

type Fields = Record<string, string | number>;

/** Tells of a recovery on its edges: that the EL is on the way that was found, at its end, or that the way is void. */
export function logRecovery(log: Logger, turn: Turn): void {
  for (const edge of recoveryEdges(turn)) {
    if (edge.kind === 'arrived')
      log.info(planFields(edge.plan), 'Recovery: the EL is on the chain of the source again, its blocks are replayed');
    else if (edge.kind === 'recovered')
      log.info(planFields(edge.plan), 'Recovered: the EL was brought back to the chain of the source');
    else if (edge.kind === 'dropped')
      log.warn(planFields(edge.plan), 'Recovery: the plan is dropped, since the EL or the source moved on');
  }
  const { before, state } = turn;
  if (state.staleAbove !== null && before.staleAbove === null) {
    log.warn(
      { head: state.staleAbove.number },
      'The EL maps old blocks above its head, as after a kill: they are cleared',
    );
  }
}

export function logRecoveryOutcome(log: Logger, outcome: Outcome): void {
  if (outcome.of === 'plan' && outcome.result.kind === 'planned') {
    const { plan, rungs } = outcome.result;
    log.warn(
      { ...planFields(plan), ways: rungs.join(', ') },
      'Recovery: the common ancestor is found, and the way back',
    );
  } else if (outcome.of === 'climb' || outcome.of === 'unmap') {
    const way = outcome.of === 'climb' ? outcome.rung : 'copied-sibling';
    const { stop } = outcome;
    if (stop.why === 'climbed') log.info({ way }, 'Recovery: the EL was moved');
    else log.warn({ way, ...stopFields(stop) }, 'Recovery: the EL was not moved this way');
  }
}

function stopFields(stop: Exclude<Extract<Outcome, { of: 'climb' }>['stop'], { why: 'climbed' }>): Fields {
  switch (stop.why) {
    case 'answered':
      return { call: stop.to, answer: stop.answer.status, effect: stop.effect ?? 'none' };
    case 'refused':
      return { call: 'payload', answer: stop.answer.status, number: stop.block.number };
    case 'copy-refused':
      return { call: 'copied payload', answer: stop.answer.status, number: stop.copy.number };
    case 'not-sent':
      return { not_sent: stop.stop.why };
    case 'unread':
      return { unread: stop.error.code };
  }
}

export function planFields(plan: Plan): Fields {
  const { ancestor } = plan;
  const depth = depthOf(plan);
  return {
    ancestor: ancestor.number,
    hash: shortHash(ancestor.hash),
    depth,
    target: targetOf(plan).number,
    plan: plan.id,
  };
}
