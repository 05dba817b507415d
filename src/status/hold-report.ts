import type { BlockRef } from '../chain/block.js';
import type { HoldReason } from '../follow/state.js';
import type { Divergence } from '../recovery/plan.js';
import type { LockstepError } from '../util/errors.js';
import { shortHash } from '../util/hex.js';
import { planFields } from './recovery-report.js';
import { HOLD_MEANINGS, STALE_MAPPING } from './states.js';

type Fields = Record<string, string | number>;

/** A hold that lasts so long is worth a look, whatever it waits for (reliability S1). */
const LASTING_MS = 5 * 60_000;

/** These may last: the EL has a long way to go, or the operator wants it so. */
const MAY_LAST: ReadonlySet<HoldReason['kind']> = new Set([
  'engine-syncing',
  'recovery-off',
  'recovery-pausing',
  'paused',
]);

/** Somebody has to look at it now, has to do something some time, or may wait. */
export function levelOf({ kind }: Pick<HoldReason, 'kind'>): 'fatal' | 'error' | 'warn' {
  if (kind === 'finalized-divergence') return 'fatal';
  return kind === 'recovery-failed' || kind === 'recovery-too-deep' || kind === 'foreign-writer' ? 'error' : 'warn';
}

/** The level of a line that repeats a hold. */
export function levelOfRepeat({ kind }: HoldReason, heldMs: number): 'error' | 'warn' {
  return heldMs >= LASTING_MS && !MAY_LAST.has(kind) ? 'error' : 'warn';
}

export function holdFields(reason: HoldReason): Fields {
  return { reason: reason.kind, ...holdDetails(reason), ends: HOLD_MEANINGS[reason.kind].ends };
}

function holdDetails(reason: HoldReason): Fields {
  if ('divergence' in reason) return { ...divergenceFields(reason.divergence), ...divergenceDetails(reason) };
  switch (reason.kind) {
    case 'engine-unavailable':
    case 'engine-unsettled':
    case 'source-unavailable':
      return errorFields(reason.error);
    case 'engine-syncing':
    case 'paused':
      return {};
    case 'engine-stuck':
      return { at: reason.at, answer: reason.answer, ...(reason.staleMapping ? { sign: STALE_MAPPING } : {}) };
    case 'engine-snap-sync':
      return { at: reason.at };
    case 'engine-unfit':
      return { ...refFields(reason.block), answer: reason.answer, ...adviceFields(reason) };
    case 'payload-refused':
      return { ...refFields(reason.block), ...(reason.error ? errorFields(reason.error) : { answer: reason.answer }) };
    case 'source-gap':
      return { at: reason.at, pruned: String(reason.pruned) };
    case 'block-rejected':
      return { at: reason.at, ...errorFields(reason.error) };
    case 'foreign-writer':
      return { moves: reason.moves };
    case 'recovery-failed':
      return {
        ...planFields(reason.plan),
        tried: reason.tried.map(({ rung, answer }) => `${rung}: ${answer}`).join('; '),
        ...adviceFields(reason),
      };
  }
}

function adviceFields({ advice }: { readonly advice: string | null }): Fields {
  return advice === null ? {} : { advice };
}

function divergenceDetails(reason: Extract<HoldReason, { readonly divergence: Divergence }>): Fields {
  switch (reason.kind) {
    case 'finalized-divergence':
      return { finalized: reason.finalized.number };
    case 'recovery-off':
      return reason.plan === null ? {} : planFields(reason.plan);
    case 'recovery-pausing':
      return {};
    case 'recovery-too-deep':
      return { max_depth: reason.maxDepth };
  }
}

export function divergenceFields({ source, engine }: Divergence): Fields {
  return { at: source.number, source: source.hash, local: engine.hash };
}

export function errorFields(error: LockstepError): Fields {
  return { code: error.code, err: error.message, fix: error.fix };
}

export function refFields({ number, hash }: BlockRef): Fields {
  return { number, hash: shortHash(hash) };
}
