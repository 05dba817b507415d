import type { Heads } from '../../src/chain/block.js';
import type { JsonObject } from '../../src/util/json.js';
import { LABELS } from '../view/snapshot.js';

/**
 * What happens in a drill: a fault begins, lockstep (or an EL) shows that it noticed, the fault is over, both sides show
 * the same blocks again. `failed`: they did not, or something else did not come that had to.
 */
export type EventKind = 'fault' | 'marker' | 'lifted' | 'recovered' | 'failed';

export interface DrillEvent {
  /** Wall clock, as in the log of lockstep. */
  readonly atMs: number;
  readonly kind: EventKind;
  readonly text: string;
}

/** Where both sides stood at a moment; null for one that was away. */
export interface Sample {
  readonly atMs: number;
  readonly source: Heads | null;
  readonly follower: Heads | null;
  /** Counts the processes that the follower EL has been: one that is started anew may have lost its labels. */
  readonly life: number;
}

/** Everything that is known of one drill when it is over. */
export interface DrillRecord {
  readonly name: string;
  readonly what: string;
  /** The kind of devnet and the ELs in it. */
  readonly where: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly events: readonly DrillEvent[];
  readonly samples: readonly Sample[];
  /** The log of lockstep. */
  readonly log: readonly JsonObject[];
  /** Where both sides stood in the end; null when they did not agree. */
  readonly heads: Heads | null;
  /** Why it failed; null when it did not. */
  readonly failure: string | null;
}

/** When a line of lockstep's log was written, in ISO 8601. */
export function timeOf(line: JsonObject): string {
  return typeof line['t'] === 'string' ? line['t'] : '';
}

/** How long the fault lasted, and how long after its end the follower had caught up; null where it did not come to that. */
export function durations({ events }: DrillRecord): {
  readonly faultMs: number | null;
  readonly healMs: number | null;
} {
  const fault = events.find(({ kind }) => kind === 'fault')?.atMs;
  const lifted = events.findLast(({ kind }) => kind === 'lifted')?.atMs;
  const recovered = events.findLast(({ kind }) => kind === 'recovered')?.atMs;
  if (fault === undefined || lifted === undefined) return { faultMs: null, healMs: null };
  return { faultMs: lifted - fault, healMs: recovered === undefined ? null : recovered - lifted };
}

/**
 * When the follower stood again where the source stands: each of its labels is a block that the source has shown under
 * the same label since the fault was over. Null while that has not been seen.
 */
export function healedAtMs({ events, samples }: Pick<DrillRecord, 'events' | 'samples'>): number | null {
  const lifted = events.findLast(({ kind }) => kind === 'lifted')?.atMs ?? 0;
  const shown = new Set<string>();
  for (const { atMs, source, follower } of samples) {
    if (atMs < lifted) continue;
    for (const label of LABELS) if (source !== null) shown.add(`${label} ${source[label]?.hash ?? ''}`);
    if (follower !== null && LABELS.every((label) => shown.has(`${label} ${follower[label]?.hash ?? ''}`))) return atMs;
  }
  return null;
}

/** Each time that the finalized block of the follower went back or changed while its process lived: that must never be. */
export function finalityBreaches(samples: readonly Sample[]): readonly string[] {
  const breaches: string[] = [];
  let life = 0;
  let before: Heads['finalized'] = null;
  for (const sample of samples) {
    const finalized = sample.follower?.finalized ?? null;
    if (sample.life !== life) before = null;
    life = sample.life;
    if (finalized === null) continue;
    const back = before !== null && finalized.number < before.number;
    const changed = before?.number === finalized.number && before.hash !== finalized.hash;
    if (back || changed)
      breaches.push(`finalized went from ${before?.number ?? 0} to ${finalized.number} ${finalized.hash}`);
    before = finalized;
  }
  return breaches;
}
