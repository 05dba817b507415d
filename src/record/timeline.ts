import type { Action, Outcome } from '../follow/action.js';
import type { StoryPart, ToldTurn } from './story.js';
import { actionText, outcomeText, phaseText, situationText } from './words.js';

/** One or more turns that are alike. */
export interface TimelineEntry {
  readonly kind: 'turns';
  readonly from: number;
  readonly to: number;
  readonly state: string;
  readonly text: string;
  readonly count: number;
}

export type TimelinePart =
  | TimelineEntry
  /** This version decides otherwise than the one that was recorded. */
  | {
      readonly kind: 'difference';
      readonly line: number;
      readonly wall: number;
      readonly now: string;
      readonly then: string;
    }
  | { readonly kind: 'drift'; readonly line: number; readonly wall: number; readonly fields: readonly string[] }
  | Exclude<StoryPart, { readonly kind: 'turn' }>;

interface Fold {
  readonly key: string;
  readonly first: ToldTurn;
  last: ToldTurn;
  count: number;
  /** In turns of the daily round. */
  blocks: number;
  promoted: number;
}

/** The story with turns that are alike as one entry, and the daily round of following as one as well. */
export async function* timelineOf(story: AsyncIterable<StoryPart>): AsyncGenerator<TimelinePart> {
  let fold: Fold | null = null;
  const close = (): TimelinePart[] => {
    const parts = fold === null ? [] : [entryOf(fold)];
    fold = null;
    return parts;
  };
  for await (const part of story) {
    if (part.kind !== 'turn') {
      yield* close();
      yield part;
      continue;
    }
    const { told } = part;
    const remarks = remarksOn(told);
    const key = keyOf(told);
    if (fold?.key !== key || remarks.length > 0) yield* close();
    yield* remarks;
    fold = added(fold, key, told);
    if (remarks.length > 0) yield* close();
  }
  yield* close();
}

function added(fold: Fold | null, key: string, told: ToldTurn): Fold {
  const into = fold ?? { key, first: told, last: told, count: 0, blocks: 0, promoted: 0 };
  into.last = told;
  into.count += 1;
  if (told.outcome?.of === 'extend') into.blocks += told.outcome.blocks;
  if (told.turn.action.do === 'forkchoice') into.promoted += 1;
  return into;
}

function remarksOn({ line, turn }: ToldTurn): TimelinePart[] {
  const { wall, recorded, drifted, action } = turn;
  const drift: TimelinePart[] = drifted.length === 0 ? [] : [{ kind: 'drift', line, wall, fields: drifted }];
  if (recorded === null) return drift;
  return [...drift, { kind: 'difference', line, wall, now: actionText(action), then: recordedText(recorded) }];
}

/** An action of another version, which may have other fields. */
function recordedText(recorded: unknown): string {
  if (typeof recorded !== 'object' || recorded === null) return 'nothing that can be read';
  const shown = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value);
    const number: unknown = Reflect.get(value, 'number');
    return typeof number === 'number' ? String(number) : '...';
  };
  return Object.entries(recorded)
    .map(([key, value]) => `${key} ${shown(value)}`)
    .join(', ');
}

/** Turns with the same key are alike. */
function keyOf(told: ToldTurn): string {
  const { turn, outcome } = told;
  const state = phaseText(turn.state.phase);
  if (isRoutine(told)) return `${state}, routine`;
  const became = outcome === null ? (isQuiet(turn.action) ? 'wait' : 'unknown') : outcomeKind(outcome);
  const parts = [state, turn.situation.kind, turn.action.do, became];
  return parts.join();
}

function outcomeKind(outcome: Outcome): string {
  if ('stop' in outcome) return outcome.stop.why;
  if ('effect' in outcome) return outcome.effect;
  if (outcome.of === 'compare') return outcomeText(outcome);
  return 'result' in outcome && typeof outcome.result === 'string' ? outcome.result : outcome.of;
}

/** Nothing but what following is: new blocks, labels that move, and waiting for more. */
function isRoutine({ turn: { situation, state, action }, outcome }: ToldTurn): boolean {
  if (state.phase.kind !== 'following' && state.phase.kind !== 'syncing') return false;
  if (situation.kind === 'behind') return outcome?.of === 'extend' && ['reached', 'slice'].includes(outcome.stop.why);
  if (situation.kind !== 'in-step' && situation.kind !== 'labels-behind') return false;
  return action.do === 'wait' || (outcome?.of === 'forkchoice' && outcome.effect === 'moved');
}

function entryOf(fold: Fold): TimelineEntry {
  const { first, last, count } = fold;
  const text = isRoutine(first) && count > 1 ? roundText(fold) : sentence(first);
  const state = phaseText(first.turn.state.phase);
  return { kind: 'turns', from: first.turn.wall, to: last.turn.wall, state, text, count };
}

function roundText({ last, blocks, promoted }: Fold): string {
  const { engine } = last.turn.observation;
  const extended = last.outcome?.of === 'extend' ? last.outcome.head.number : null;
  const at = extended ?? (engine.kind === 'seen' ? engine.value.heads.unsafe.number : null);
  const place = at === null ? '' : ` at ${at}`;
  const moves =
    promoted === 0 ? '' : `, ${promoted} forkchoice${promoted === 1 ? '' : 's'} for labels or as keep-alive`;
  if (blocks === 0) return `the EL is in step with the source${place}${moves}`;
  return `${blocks} block${blocks === 1 ? '' : 's'} replayed, the EL is${place}${moves}`;
}

/** Why, what, and what became of it. */
export function sentence({ turn: { situation, action }, outcome }: ToldTurn): string {
  const unknown = isQuiet(action) ? '' : 'what became of it is not recorded';
  const result = outcome === null ? unknown : outcomeText(outcome);
  return `${situationText(situation)}, so ${actionText(action)}${result === '' ? '' : `; ${result}`}`;
}

/** Of such an action there is nothing to tell. */
function isQuiet(action: Action): boolean {
  return action.do === 'wait' || action.do === 'halt';
}
