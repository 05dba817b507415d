import type { BlockRef, Heads, Labels } from '../chain/block.js';
import { forkchoice, type Forkchoice } from '../chain/forkchoice.js';
import type { Hash } from '../util/hex.js';
import type { EngineView, SourceView, State } from './state.js';

type HashAt = (number: number) => Hash | undefined;

const NO_LABELS: Labels = { safe: null, finalized: null };

/**
 * The labels of the EL's chain that can be built on: at or below its head and canonical. ELs show labels above the head,
 * and on abandoned branches, after a crash or a branch change (engines-measured 2.C, 3.4); and after a restart they show
 * older ones or none (2.D), where what is remembered steps in. `upTo`: the height from which on the chain is given up.
 */
export function trustedLabels(engine: EngineView, remembered: Labels, upTo = Infinity): Labels {
  const { heads } = engine;
  const hashAt = engineHashAt(engine);
  const highest = Math.min(upTo, heads.unsafe.number);
  const keep = (label: BlockRef | null): BlockRef | null =>
    label !== null && label.number <= highest && hashAt(label.number) === label.hash ? label : null;
  const finalized = higher(keep(heads.finalized), keep(remembered.finalized));
  const safe = higher(keep(heads.safe), keep(remembered.safe));
  if (finalized !== null && safe !== null && safe.number < finalized.number) return { safe: finalized, finalized };
  return { safe, finalized };
}

/**
 * The labels to send along with `head`: each label of the source moves forward to the block it names, and only when
 * the local block at that height is that block. A label ahead of the head is skipped, never clamped (base#3527), and
 * none ever moves back.
 */
export function promote(head: BlockRef, trusted: Labels, source: Labels | null, hashAt: HashAt): Labels {
  const wanted = source ?? NO_LABELS;
  const forward = (current: BlockRef | null, next: BlockRef | null): BlockRef | null => {
    if (next === null || next.number > head.number || hashAt(next.number) !== next.hash) return current;
    return current === null || next.number > current.number ? next : current;
  };
  const finalized = forward(trusted.finalized, wanted.finalized);
  const safe = forward(trusted.safe, wanted.safe);
  if (finalized !== null && (safe === null || safe.number < finalized.number)) return { safe: finalized, finalized };
  return { safe, finalized };
}

/** Labels of before that hold again for `head`, as its chain has these blocks. */
export function restored(
  head: BlockRef,
  labels: Labels,
  awaited: readonly Labels[],
  hashAt: HashAt,
  promotes = promote,
): Labels {
  return awaited.reduce((before, more) => promotes(head, before, more, hashAt), labels);
}

/** What is remembered once this view of the EL was seen: finalized never goes back. */
export function remember(engine: EngineView, remembered: Labels): Labels {
  const trusted = trustedLabels(engine, remembered);
  return { safe: trusted.safe ?? remembered.safe, finalized: higher(trusted.finalized, remembered.finalized) };
}

/** The labels that hold for a chain of which only what is up to `height` is known to go on. */
export function labelsUpTo(height: number, { safe, finalized }: Labels): Labels {
  const low = (label: BlockRef | null): BlockRef | null => (label !== null && label.number <= height ? label : null);
  return { safe: low(safe) ?? low(finalized), finalized: low(finalized) };
}

/** The forkchoice for the block the EL stands at, with every label that can be promoted now. */
export function forkchoiceAtHead(engine: EngineView, source: SourceView | null, remembered: Labels): Forkchoice {
  const head = engine.heads.unsafe;
  const trusted = trustedLabels(engine, remembered);
  return forkchoice(head, promote(head, trusted, source?.labels ?? null, engineHashAt(engine)));
}

/** The EL already shows the labels of this forkchoice. No forkchoice names genesis (reliability D3), so it needs none there. */
export function labelsStand(heads: Heads, wanted: Forkchoice): boolean {
  if (wanted.labels === null || wanted.head.number === 0) return true;
  return heads.safe?.hash === wanted.labels.safe.hash && heads.finalized?.hash === wanted.labels.finalized.hash;
}

/** A snapshot whose finalized block is above its safe one is incoherent and says nothing (reliability S18). */
export function coherentLabels(labels: Labels): boolean {
  return labels.safe === null || labels.finalized === null || labels.finalized.number <= labels.safe.number;
}

/** The heights at which the EL's canonical block has to be known for this tick's decision. */
export function heightsOfInterest(heads: Heads, source: SourceView | null, remembered: Labels): number[] {
  const own = [heads.safe, heads.finalized, remembered.safe, remembered.finalized];
  const refs = [...own, source?.head, source?.labels?.safe, source?.labels?.finalized];
  const heights = new Set<number>();
  for (const ref of refs) {
    if (ref !== null && ref !== undefined && ref.number <= heads.unsafe.number) heights.add(ref.number);
  }
  return [...heights];
}

/** The EL's canonical hash at a height, as far as this observation read it. */
function engineHashAt(engine: EngineView): HashAt {
  return (number) =>
    number === engine.heads.unsafe.number ? engine.heads.unsafe.hash : (engine.at.get(number)?.hash ?? undefined);
}

function higher(a: BlockRef | null, b: BlockRef | null): BlockRef | null {
  return a === null || (b !== null && b.number > a.number) ? b : a;
}

/** This very observation shows another block of the EL at the height of this block. */
export function isContradicted(engine: EngineView, { number, hash }: BlockRef): boolean {
  const own = engineHashAt(engine)(number);
  return own !== undefined && own !== hash;
}

/** The remembered finalized block, where the EL came back below it or stands on another chain. */
export function lostFinalized({ remembered: { finalized } }: State, engine: EngineView): BlockRef | null {
  if (finalized === null) return null;
  return finalized.number > engine.heads.unsafe.number || isContradicted(engine, finalized) ? finalized : null;
}
