import { forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { Hands } from './carry-out.js';
import { climbInModel, unmapInModel } from './climb-model.js';
import { ExtendModel } from './extend-model.js';
import { planInModel } from './plan-model.js';

const READ_MS = 5;
const NEWS_MS = 10;

/** Carries out one action in a small world: what src/follow/act.ts does, without waiting and without bytes. */
export function actInModel(action: Exclude<Action, { do: 'halt' }>, hands: Hands): Outcome {
  switch (action.do) {
    case 'wait':
      hands.now += hands.fault(['news']) === 'news' ? Math.min(NEWS_MS, action.ms) : action.ms;
      return { of: 'wait' };
    case 'identify':
      return identify(hands);
    case 'compare':
      hands.now += action.ms;
      return compare(action.height, hands);
    case 'extend':
      return new ExtendModel(action, hands).run();
    case 'el-sync':
      return { of: 'el-sync', from: action.from, target: action.target, stop: aim(action, hands) };
    case 'forkchoice': {
      const needsSource = action.why === 'promote';
      return { of: 'forkchoice', ...hands.forkchoice(action.forkchoice, needsSource) };
    }
    case 'plan':
      return { of: 'plan', divergence: action.divergence, result: planInModel(action, hands) };
    case 'climb':
      return { of: 'climb', rung: action.rung, ...climbInModel(action, hands) };
    case 'unmap':
      return { of: 'unmap', from: action.from, ...unmapInModel(action, hands) };
  }
}

function identify(hands: Hands): Outcome {
  hands.now += READ_MS;
  const fault = hands.sourceFault(['engine-failed', 'source-failed', 'different']);
  if (!hands.engine.up || fault === 'engine-failed') {
    return { of: 'identify', result: 'engine-failed', error: new LockstepError('ENGINE_TIMEOUT') };
  }
  if (fault === 'different') {
    return { of: 'identify', result: 'different', error: new LockstepError('IDENTITY_CHAIN_ID') };
  }
  if (!hands.source.up || fault === 'source-failed') {
    return { of: 'identify', result: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') };
  }
  return { of: 'identify', result: 'same' };
}

function compare(height: number, hands: Hands): Outcome {
  hands.now += READ_MS;
  const fault = hands.sourceFault(['failed', 'lagging replica']);
  if (!hands.source.up || fault === 'failed') {
    return { of: 'compare', height, error: new LockstepError('SOURCE_TIMEOUT') };
  }
  if (!hands.engine.up) return { of: 'compare', height, error: new LockstepError('ENGINE_UNREACHABLE') };
  const source = fault === 'lagging replica' ? null : hands.sourceAt(height);
  return { of: 'compare', height, source, engine: hands.engineAt(height) };
}

/** src/follow/aim.ts in a small world. */
function aim(
  { from, target }: Extract<Action, { do: 'el-sync' }>,
  hands: Hands,
): Extract<Outcome, { of: 'el-sync' }>['stop'] {
  const { source, scenario } = hands;
  const fault = hands.sourceFault(['source-failed', 'absent', 'block-rejected']);
  if (!source.up || fault === 'source-failed')
    return { why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') };
  if (fault === 'absent') return { why: 'absent', number: target.number, pruned: false };
  if (fault === 'block-rejected') {
    return { why: 'block-rejected', number: target.number, error: new LockstepError('BLOCK_HASH_MISMATCH') };
  }
  const found = hands.sourceAtAll([from.number, target.number]);
  for (const [index, { number, hash }] of [from, target].entries()) {
    const ref = found[index] ?? null;
    if (ref === null) return { why: 'absent', number, pruned: false };
    if (ref.hash !== hash) return { why: 'unlinked', number };
  }
  const before = hands.monitor;
  const answer = hands.payload(scenario.tree.indexOf(target));
  if (!isTaken(answer)) {
    hands.monitor = hands.monitor.refusedToSync(before);
    return { why: 'payload-answer', block: target, answer };
  }
  const applied = hands.forkchoice(forkchoice(target, { safe: null, finalized: null }), true);
  if (isTaken(applied.answer)) {
    const { tree, elSync } = scenario;
    if (elSync !== null) hands.monitor = hands.monitor.aimed(tree.indexOf(target), elSync, hands.now);
    return { why: 'aimed', peers: hands.engine.peerBlocks };
  }
  const effect = applied.effect === 'moved' ? 'head-only' : applied.effect;
  return { why: 'forkchoice-answer', block: target, answer: applied.answer, effect };
}

function isTaken({ status }: EngineAnswer): boolean {
  return status === 'VALID' || status === 'SYNCING' || status === 'ACCEPTED';
}
