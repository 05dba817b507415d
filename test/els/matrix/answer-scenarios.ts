import type { BlockRef, Heads } from '../../../src/chain/block.js';
import { forkchoice } from '../../../src/chain/forkchoice.js';
import type { AppliedForkchoice } from '../../../src/engine/engine.js';
import { isJsonObject, type JsonValue } from '../../../src/util/json.js';
import { readRef } from '../../../devnet/heads.js';
import type { Column } from './column.js';
import { seen, type Scenario } from './scenario.js';

/** What the EL answers to calls that lockstep makes seldom, or never. Each leaves the EL at its head. */
export const ANSWER_SCENARIOS: readonly Scenario[] = [
  { title: 'is sent known payloads again', alone: true, run: duplicates },
  {
    title: 'is sent its payload by newPayloadV3 instead of V4',
    alone: true,
    run: (column) => wrongVersion(column, 3, 3),
  },
  {
    title: 'is sent its payload by newPayloadV2 instead of V4',
    alone: true,
    run: (column) => wrongVersion(column, 2, 1),
  },
  { title: 'is sent a forkchoice for the block below its head', alone: true, run: (column) => ancestor(column, 1) },
  { title: 'is sent a forkchoice for the block 33 below its head', alone: true, run: (column) => ancestor(column, 33) },
];

async function duplicates(column: Column): Promise<string> {
  const calls = column.proxy.log.writes.filter(({ method }) => method.startsWith('engine_newPayload'));
  const before = await column.heads();
  for (const { method, params } of [calls.at(-1), calls.at(-3)].filter((call) => call !== undefined)) {
    const [outcome] = await column.port.batch([{ method, params }]);
    const answer = describe(outcome?.ok === true ? outcome.result : null);
    if (answer !== 'VALID') throw new Error(`a known block was answered ${answer}`);
  }
  sameHeads(before, await column.heads());
  return seen('VALID, the head stays');
}

async function wrongVersion(column: Column, version: number, params: number): Promise<string> {
  const call = column.proxy.log.writes.filter(({ method }) => method.startsWith('engine_newPayload')).at(-1);
  if (call === undefined) throw new Error('no payload was sent yet');
  const method = `engine_newPayloadV${version}`;
  const [outcome] = await column.port.batch([{ method, params: call.params.slice(0, params) }]);
  if (outcome === undefined) throw new Error('no answer');
  return seen(outcome.ok ? describe(outcome.result) : `error ${outcome.code}: ${generalised(outcome.message)}`);
}

/** Labels move back along with the head, so that it shows whether they were applied. */
async function ancestor(column: Column, depth: number): Promise<string> {
  const { unsafe, safe, finalized } = await column.heads();
  if (safe === null || finalized === null) throw new Error('the EL shows no labels');
  const below = (ref: BlockRef, blocks: number): Promise<BlockRef> => refAt(column, ref.number - blocks);
  const standing = forkchoice(unsafe, { safe, finalized });
  const lower = forkchoice(await below(unsafe, depth), {
    safe: await below(safe, 1),
    finalized: await below(finalized, 1),
  });
  const { applied, heads } = await column.withEngine(async (engine, signal) => {
    const applied = await engine.applyForkchoice(lower, signal);
    const heads = await column.heads();
    const back = await engine.applyForkchoice(standing, signal);
    if (back.effect !== 'moved') throw new Error(`the EL does not go back to its head: ${describeApplied(back)}`);
    return { applied, heads };
  });
  if (applied.heads === null) throw new Error('the EL was not read back');
  sameHeads(applied.heads, heads);
  const shown = effectOf(heads, lower.head, [await below(safe, 1), await below(finalized, 1)]);
  if (applied.effect !== shown) throw new Error(`${applied.effect} was reported, ${shown} is true`);
  return seen(describeApplied(applied));
}

/** What the EL shows, worked out here again. */
function effectOf({ unsafe, safe, finalized }: Heads, head: BlockRef, labels: readonly BlockRef[]): string {
  const moved = unsafe.hash === head.hash;
  const labelled = safe?.hash === labels[0]?.hash && finalized?.hash === labels[1]?.hash;
  if (moved) return labelled ? 'moved' : 'head-only';
  return labelled ? 'labels-only' : 'unmoved';
}

async function refAt(column: Column, number: number): Promise<BlockRef> {
  const ref = await readRef(column.port, number);
  if (ref === null) throw new Error(`the EL has no block ${number}`);
  return ref;
}

function sameHeads(a: Heads, b: Heads): void {
  const text = ({ unsafe, safe, finalized }: Heads): string => [unsafe, safe, finalized].map((ref) => ref?.hash).join();
  if (text(a) !== text(b)) throw new Error('the heads of the EL are not what they were read as');
}

function describeApplied({ answer, effect }: AppliedForkchoice): string {
  if (answer.status === 'REJECTED') return `error ${answer.code} (${generalised(answer.reason)}), ${effect}`;
  return `${answer.status}, ${effect}`;
}

function describe(payloadStatus: JsonValue): string {
  const { status, latestValidHash, validationError } = isJsonObject(payloadStatus) ? payloadStatus : {};
  if (typeof status !== 'string') return 'no status';
  if (status !== 'INVALID') return status;
  const last = typeof latestValidHash === 'string' ? 'a hash' : 'null';
  const reason = typeof validationError === 'string' ? generalised(validationError) : 'no reason';
  return `INVALID, latestValidHash ${last}: ${reason}`;
}

/** The EL's own words, without hashes and heights, which differ from run to run. */
function generalised(text: string): string {
  const own = /answered -?\d+ "(.*)"/.exec(text)?.[1] ?? text;
  return own
    .replace(/0x[0-9a-f]{16,}/gi, '(hash)')
    .replace(/\b\d{3,}\b/g, '(n)')
    .replace(/\s+/g, ' ')
    .trim();
}
