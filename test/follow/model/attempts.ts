import type { Action, Outcome } from '../../../src/follow/action.js';

/** Two actions with the same signature are the same attempt. */
export function signatureOf(action: Action): string {
  switch (action.do) {
    case 'extend':
      return `extend ${action.from.hash} ${action.to.hash}`;
    case 'el-sync':
      return `el-sync ${action.target.hash}`;
    case 'compare':
      return `compare ${action.height}`;
    case 'forkchoice':
      return `forkchoice ${action.forkchoice.head.hash} ${action.forkchoice.labels?.safe.hash ?? 'none'}`;
    case 'plan':
      return `plan ${action.divergence.source.hash} ${action.engineHead.hash}`;
    case 'climb':
      return `climb ${action.rung} ${action.plan.id}`;
    case 'unmap':
      return `unmap ${action.from.hash}`;
    case 'wait':
    case 'identify':
    case 'halt':
      return action.do;
  }
}

export function succeeded(outcome: Outcome): boolean {
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
    case 'plan':
      return ['planned', 'finalized-differs', 'pausing'].includes(outcome.result.kind);
    case 'climb':
    case 'unmap':
      return outcome.stop.why === 'climbed';
  }
}

/** The EL had its say about this rung, and it was no. */
export function isRefusal(outcome: Outcome): boolean {
  if (outcome.of !== 'climb') return false;
  const { stop } = outcome;
  if (stop.why === 'refused' || stop.why === 'copy-refused') return true;
  return stop.why === 'answered' && stop.answer.status !== 'UNKNOWN' && stop.answer.status !== 'UNSENT';
}

/** The EL could not be looked at when the call, or the last one of several, had been answered. */
export function isUnread(outcome: Outcome): boolean {
  if (outcome.of === 'forkchoice') return outcome.effect === 'unread';
  if (!('stop' in outcome)) return false;
  const { stop } = outcome;
  return stop.why === 'unread' || ('effect' in stop && stop.effect === 'unread');
}
