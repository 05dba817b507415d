import type { BlockRef } from '../chain/block.js';
import type { EngineAnswer } from '../engine/engine.js';
import type { Action, ClimbStop, ExtendStop, Outcome, PlanResult } from '../follow/action.js';
import type { Situation } from '../follow/situation.js';
import type { HoldReason, Phase } from '../follow/state.js';
import { depthOf, targetOf, type Divergence } from '../recovery/plan.js';
import type { LockstepError } from '../util/errors.js';
import { shortHash } from '../util/hex.js';

/** Every situation, action and outcome as part of a sentence for people. */

export function phaseText(phase: Phase): string {
  switch (phase.kind) {
    case 'holding':
      return `holding: ${phase.reason.kind}`;
    case 'halted':
      return `halted: ${phase.error.code}`;
    case 'starting':
    case 'syncing':
    case 'following':
    case 'recovering':
      return phase.kind;
  }
}

type SituationWords = {
  readonly [Kind in Situation['kind']]: (s: Extract<Situation, { readonly kind: Kind }>) => string;
};

const SITUATIONS: SituationWords = {
  halted: () => 'it has stopped for a person',
  paused: () => 'an operator paused it',
  'engine-down': (s) => `the EL cannot be read (${errorText(s.error)})`,
  unsettled: (s) => `what the last call to the EL came to is not known yet (${errorText(s.error)})`,
  'engine-syncing': () => 'the EL says that it syncs by itself',
  'source-unread': () => 'the source was not read yet',
  'source-down': (s) => `the source cannot be read (${errorText(s.error)})`,
  unidentified: () => 'source and EL have to prove which chain they are',
  'backing-off': (s) => `it went wrong and is tried again later: ${reasonText(s.reason)}`,
  'foreign-writer': (s) => `something else moved the head of the EL, ${s.moves} times`,
  suspect: (s) =>
    s.seen === 0
      ? `nobody has compared block ${s.height} of both sides yet`
      : `source and EL showed different blocks at ${s.height}`,
  diverged: (s) => `source and EL have different blocks, seen twice: ${divergenceText(s.divergence)}`,
  'off-plan': (s) =>
    `the EL stands at ${refText(s.engine.heads.unsafe)}, on the branch that is left at ${s.plan.ancestor.number}`,
  'stale-mapping': (s) => `the EL maps old blocks above its head ${refText(s.engine.heads.unsafe)}`,
  'el-sync-due': (s) =>
    `the EL is at ${s.from.number}, far below ${s.target.number}, or is to be pointed at a newer head`,
  'el-syncing': () => 'the EL syncs with its peers',
  unprimed: () => 'the EL has had no forkchoice in this session',
  behind: (s) => `the EL is at ${s.engine.heads.unsafe.number}, and ${s.target.number} is the next goal`,
  'labels-behind': () => 'the EL is at the head of the source, and its labels can move',
  'in-step': () => 'the EL is in step with the source',
};

export function situationText(situation: Situation): string {
  const words = SITUATIONS[situation.kind] as (s: Situation) => string;
  return words(situation);
}

export function actionText(action: Action): string {
  switch (action.do) {
    case 'wait':
      return 'wait';
    case 'identify':
      return 'ask both for chain id and genesis';
    case 'compare':
      return `read block ${action.height} of both sides`;
    case 'extend':
      return action.to.number - action.from.number === 1
        ? `replay block ${action.to.number}`
        : `replay blocks ${action.from.number + 1} to ${action.to.number}`;
    case 'el-sync':
      return `point the EL at ${refText(action.target)} and leave it to its peers`;
    case 'forkchoice':
      return forkchoiceText(action);
    case 'plan':
      return `look for the common ancestor, down from ${action.divergence.engine.number}`;
    case 'climb':
      return `bring the EL to block ${action.plan.ancestor.number} by ${action.rung}`;
    case 'unmap':
      return `clear the old blocks above ${action.from.number} with a copied sibling`;
    case 'halt':
      return `stop with exit code ${action.error.exitCode} (${errorText(action.error)})`;
  }
}

function forkchoiceText({ forkchoice: { head, labels }, why }: Extract<Action, { do: 'forkchoice' }>): string {
  const named = labels === null ? 'without labels' : `safe ${labels.safe.number}, finalized ${labels.finalized.number}`;
  const what = {
    prime: 'send the first forkchoice',
    promote: 'send a forkchoice',
    'keep-alive': 'repeat the forkchoice',
  };
  return `${what[why]} (head ${head.number}, ${named})`;
}

/** What an action came to; empty where there is nothing to say. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.of) {
    case 'wait':
      return '';
    case 'identify':
      return outcome.result === 'same'
        ? 'both are the chain of before'
        : `${outcome.result}: ${errorText(outcome.error)}`;
    case 'compare':
      return comparedText(outcome);
    case 'extend':
      return `${blocksText(outcome.blocks)} replayed, the EL is at ${outcome.head.number}${stopText(outcome.stop)}`;
    case 'forkchoice':
      return outcome.effect === 'moved' ? 'it stands' : `${answerText(outcome.answer)}, shown: ${outcome.effect}`;
    case 'el-sync':
      return outcome.stop.why === 'aimed' ? 'the EL took it' : `the EL was not pointed at it${stopText(outcome.stop)}`;
    case 'plan':
      return planText(outcome.result);
    case 'climb':
    case 'unmap':
      return climbText(outcome.stop);
  }
}

function comparedText(outcome: Extract<Outcome, { of: 'compare' }>): string {
  if ('error' in outcome) return `one of them cannot be read (${errorText(outcome.error)})`;
  const { source, engine } = outcome;
  if (source === null) return 'the source shows no block there';
  if (engine === null) return 'the EL shows no block there';
  return source.hash === engine.hash ? 'they are the same' : `they differ: ${divergenceText({ source, engine })}`;
}

function planText(result: PlanResult): string {
  switch (result.kind) {
    case 'planned': {
      const { plan, rungs } = result;
      const ways = rungs.length === 0 ? 'no way there' : `ways: ${rungs.join(', ')}`;
      const fresh = `${blocksText(depthOf(plan))} of the EL give way to ${blocksText(plan.blocks.length)} up to ${targetOf(plan).number}`;
      return `it is block ${refText(plan.ancestor)}; ${fresh}; ${ways}`;
    }
    case 'finalized-differs':
      return `the source has another block where the EL is final: ${divergenceText(result)}`;
    case 'too-deep':
      return `it is more than ${blocksText(result.maxDepth)} down`;
    case 'pausing':
      return 'it is above what is final, and is looked for when the pause between two recoveries is over';
    case 'engine-failed':
      return `the EL cannot be read (${errorText(result.error)})`;
    case 'stopped':
      return `not found${stopText(result.stop)}`;
  }
}

function climbText(stop: ClimbStop): string {
  switch (stop.why) {
    case 'climbed':
      return 'done, as the EL shows';
    case 'answered':
      return `the EL answered ${answerText(stop.answer)} to the ${stop.to}${stop.effect === null ? '' : `, shown: ${stop.effect}`}`;
    case 'refused':
      return `the EL refused block ${stop.block.number}: ${answerText(stop.answer)}`;
    case 'copy-refused':
      return `the EL refused the copy: ${answerText(stop.answer)}`;
    case 'not-sent':
      return `nothing was sent${stopText(stop.stop)}`;
    case 'unread':
      return `the EL could not be read on the way (${errorText(stop.error)})`;
  }
}

/** Why it went no further, as the end of a sentence. */
function stopText(stop: ExtendStop): string {
  switch (stop.why) {
    case 'reached':
    case 'slice':
      return '';
    case 'aborted':
      return '; it was stopped';
    case 'source-failed':
      return `; then the source failed (${errorText(stop.error)})`;
    case 'absent':
      return `; the source ${stop.pruned ? 'no longer keeps' : 'has no'} block ${stop.number}`;
    case 'block-rejected':
      return `; block ${stop.number} of the source was refused here (${errorText(stop.error)})`;
    case 'unlinked':
      return `; block ${stop.number} of the source does not build on it`;
    case 'known-refused':
      return `; the EL refused block ${stop.block.number} before`;
    case 'payload-answer':
    case 'batch-answer':
      return `; the EL answered ${answerText(stop.answer)} to block ${stop.block.number}`;
    case 'forkchoice-answer':
      return `; the forkchoice for block ${stop.block.number} came to ${answerText(stop.answer)}, shown: ${stop.effect}`;
  }
}

/** Why nothing is written, or what is tried again. */
function reasonText(reason: HoldReason): string {
  if ('error' in reason && reason.error !== null) return `${reason.kind} (${errorText(reason.error)})`;
  if ('answer' in reason) return `${reason.kind} (${reason.answer})`;
  if ('divergence' in reason) return `${reason.kind} (${divergenceText(reason.divergence)})`;
  if ('at' in reason) return `${reason.kind} at block ${reason.at}`;
  return reason.kind;
}

function answerText(answer: EngineAnswer): string {
  switch (answer.status) {
    case 'INVALID':
      return `INVALID (${answer.reason})`;
    case 'REJECTED':
      return `error ${answer.code} (${answer.reason})`;
    case 'UNSENT':
      return `nothing, as it was not reached (${errorText(answer.error)})`;
    case 'UNKNOWN':
      return `nothing that is known (${errorText(answer.error)})`;
    case 'VALID':
    case 'SYNCING':
    case 'ACCEPTED':
      return answer.status;
  }
}

function divergenceText({ source, engine }: Divergence): string {
  return `at ${source.number} the source has ${shortHash(source.hash)}, the EL ${shortHash(engine.hash)}`;
}

function errorText({ code, detail }: LockstepError): string {
  return detail === undefined ? code : `${code}: ${detail}`;
}

function refText({ number, hash }: BlockRef): string {
  return `${number} ${shortHash(hash)}`;
}

function blocksText(count: number): string {
  return count === 1 ? '1 block' : `${count} blocks`;
}
