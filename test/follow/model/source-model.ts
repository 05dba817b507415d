import type { Labels } from '../../../src/chain/block.js';
import type { Index, Tree } from './tree.js';

export interface LabelPair {
  readonly safe: Index | null;
  readonly finalized: Index | null;
}

/** The source of a small world: where it stands, and what the pollers last brought of it. */
export interface SourceModel extends LabelPair {
  readonly up: boolean;
  readonly head: Index;
  /** 'pending' before the first read. */
  readonly polled: { readonly head: Index | 'pending' | 'failed'; readonly labels: LabelPair | null };
  /** What a replica on another branch answers to the next read of the labels (base#3527). */
  readonly strayLabels: LabelPair | null;
  /** The head of another node behind the same URL, which answers now and then; null: there is none. */
  readonly replica: Index | null;
}

export interface SourceEvent {
  readonly name: string;
  readonly next: SourceModel;
}

export function labelRefs(tree: Tree, labels: LabelPair): Labels;
export function labelRefs(tree: Tree, labels: LabelPair | null): Labels | null;
export function labelRefs(tree: Tree, labels: LabelPair | null): Labels | null {
  if (labels === null) return null;
  const pick = (index: Index | null) => (index === null ? null : tree.ref(index));
  return { safe: pick(labels.safe), finalized: pick(labels.finalized) };
}

/** Everything that can happen to the source in one step. Its finalized block is never given up. */
export function sourceEvents(tree: Tree, source: SourceModel): SourceEvent[] {
  if (!source.up) return [{ name: 'source returns', next: { ...source, up: true } }];
  return [
    ...headEvents(tree, source),
    ...replicaEvents(tree, source),
    ...labelEvents(tree, source),
    { name: 'source goes away', next: { ...source, up: false } },
  ];
}

function headEvents(tree: Tree, source: SourceModel): SourceEvent[] {
  const events: SourceEvent[] = [];
  for (const head of tree.all()) {
    if (head === source.head || !tree.isOnLine(source.finalized ?? 0, head)) continue;
    const rises = tree.parent(head) === source.head;
    const lags = tree.parent(source.head) === head && tree.isOnLine(source.safe ?? 0, head);
    const reorgs = !tree.isOnLine(head, source.head) && !tree.isOnLine(source.head, head);
    if (!rises && !lags && !reorgs) continue;
    const safe = source.safe !== null && tree.isOnLine(source.safe, head) ? source.safe : source.finalized;
    const name = rises ? 'source rises' : lags ? 'source lags' : 'source reorgs';
    events.push({ name: `${name} to ${head}`, next: { ...source, head, safe } });
  }
  return events;
}

/** The other node behind the URL answers: once, or from now on. */
function replicaEvents(tree: Tree, source: SourceModel): SourceEvent[] {
  const { replica, head, polled, finalized } = source;
  if (replica === null) return [];
  const read = { ...source, polled: { ...polled, head: replica } };
  const events: SourceEvent[] = [{ name: `the poller reads the replica at ${replica}`, next: read }];
  if (!tree.isOnLine(finalized ?? 0, replica)) return events;
  const safe = source.safe !== null && tree.isOnLine(source.safe, replica) ? source.safe : finalized;
  const becomes = { ...source, head: replica, replica: head, safe };
  return [...events, { name: `source becomes the replica at ${replica}`, next: becomes }];
}

function labelEvents(tree: Tree, source: SourceModel): SourceEvent[] {
  const { safe, finalized, head } = source;
  const events: SourceEvent[] = [];
  const add = (name: string, labels: LabelPair): void => void events.push({ name, next: { ...source, ...labels } });
  const nextSafe = tree.atHeight(head, tree.height(safe ?? 0) + 1);
  if (nextSafe !== null) add('safe rises', { safe: nextSafe, finalized });
  const nextFinalized = tree.atHeight(safe ?? 0, tree.height(finalized ?? 0) + 1);
  if (nextFinalized !== null) add('finalized rises', { safe, finalized: nextFinalized });
  if (safe !== null && safe !== finalized) add('safe falls back to finalized', { safe: finalized, finalized });
  if (safe !== null || finalized !== null) add('labels are lost', { safe: null, finalized: null });
  if (safe !== 0 || finalized !== 0) add('labels restart at genesis', { safe: 0, finalized: 0 });
  const stray = tree.all().find((other) => isStray(tree, source, other));
  if (stray !== undefined) {
    const strayLabels = { safe: stray, finalized };
    events.push({ name: `labels of a replica at ${stray}`, next: { ...source, strayLabels } });
  }
  return events;
}

/** A block of another branch that could be safe for all that the source has finalized. */
function isStray(tree: Tree, { head, finalized }: SourceModel, block: Index): boolean {
  const isAside = !tree.isOnLine(block, head) && !tree.isOnLine(head, block);
  return isAside && tree.height(block) <= tree.height(head) && tree.isOnLine(finalized ?? 0, block);
}

/** What the pollers can have brought by the time of the next turn: everything, one of the two reads, or nothing. */
export function polls(source: SourceModel): SourceEvent[] {
  if (!source.up) {
    const failed: SourceEvent = { name: '', next: { ...source, polled: { ...source.polled, head: 'failed' } } };
    if (typeof source.polled.head !== 'number') return [failed];
    return [failed, { name: 'nothing polled', next: source }];
  }
  const labels = source.strayLabels ?? { safe: source.safe, finalized: source.finalized };
  const all = { head: source.head, labels };
  const events: SourceEvent[] = [{ name: '', next: { ...source, polled: all, strayLabels: null } }];
  const headIsNew = source.polled.head !== source.head;
  const { polled } = source;
  const labelsAreNew = polled.labels?.safe !== labels.safe || polled.labels.finalized !== labels.finalized;
  if (headIsNew && labelsAreNew) {
    events.push({ name: 'head polled', next: { ...source, polled: { ...polled, head: source.head } } });
    events.push({ name: 'labels polled', next: { ...source, polled: { ...polled, labels }, strayLabels: null } });
  }
  if (headIsNew || labelsAreNew) events.push({ name: 'nothing polled', next: source });
  return events;
}
