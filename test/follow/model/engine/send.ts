import type { Tree } from '../tree.js';
import { forkchoiceUpdated } from './forkchoice.js';
import { newPayload } from './payload.js';
import { isFetching } from './peers.js';
import type { EngineProfile } from './profile.js';
import { setHead } from './set-head.js';
import type { Answered, EngineModel, Write } from './state.js';

/** What an EL answers, and what it is then: the kindest answer where its profile allows others. */
export function send(tree: Tree, profile: EngineProfile, engine: EngineModel, write: Write): Answered {
  return answersTo(tree, profile, engine, write)[0];
}

/** Every answer that the profile allows, the kindest one first. */
export function answersTo(
  tree: Tree,
  profile: EngineProfile,
  engine: EngineModel,
  write: Write,
): readonly [Answered, ...Answered[]] {
  const settled = applyLate(tree, profile, engine);
  const [first, ...others] = profile.alternatives.length === 0 ? [profile] : profile.alternatives;
  const kind = answer(tree, first!, settled, write);
  const answered: [Answered, ...Answered[]] = [kind];
  if (settled.odd === 0) return answered;
  for (const other of others) {
    const { engine: next, answer: odd } = answer(tree, other, settled, write);
    const counted = { engine: { ...next, odd: settled.odd - 1 }, answer: odd };
    if (!answered.some((each) => isSame(each, counted))) answered.push(counted);
  }
  return answered;
}

function answer(tree: Tree, profile: EngineProfile, engine: EngineModel, write: Write): Answered {
  if (profile.pipeline && isFetching(engine)) return { engine, answer: { status: 'SYNCING' } };
  switch (write.call) {
    case 'payload':
      return newPayload(tree, profile, engine, write.block);
    case 'forkchoice':
      return forkchoiceUpdated(tree, profile, engine, write.sent);
    case 'set-head':
      return setHead(tree, profile, engine, write.block);
  }
}

/** An odd answer that comes to the same as another one is none. */
function isSame(a: Answered, b: Answered): boolean {
  return a.answer.status === b.answer.status && codeOf(a) === codeOf(b) && isSameEngine(a.engine, b.engine);
}

function codeOf({ answer }: Answered): number | null {
  return 'code' in answer ? answer.code : null;
}

/** They differ in how many odd answers are left. */
function isSameEngine(a: EngineModel, b: EngineModel): boolean {
  for (const part of Object.keys(a) as (keyof EngineModel)[]) {
    if (part !== 'odd' && a[part] !== b[part]) return false;
  }
  return true;
}

/** The write that was still under way is carried out now. */
export function applyLate(tree: Tree, profile: EngineProfile, engine: EngineModel): EngineModel {
  const { late } = engine;
  return late === null ? engine : send(tree, profile, { ...engine, late: null }, late).engine;
}
