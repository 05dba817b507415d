import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import type { WireRequest } from './faults.js';
import type { WireAnswer } from './wire-answers.js';

/** Asks the real upstream, past rules, views and the log. */
export type AskUpstream = (method: string, params: readonly JsonValue[]) => Promise<WireAnswer>;

/** Heights of the three labels; null where the upstream has not set one. */
export interface ViewHeads {
  readonly latest: number;
  readonly safe: number | null;
  readonly finalized: number | null;
}

/** What a request becomes in a view: answered at once (the id is not the request's), or asked in another form. */
export type Viewed =
  | { readonly kind: 'answered'; readonly answer: WireAnswer }
  | { readonly kind: 'ask'; readonly params: readonly JsonValue[] };

const BY_NUMBER = new Set([
  'eth_getBlockByNumber',
  'eth_getHeaderByNumber',
  'eth_getBlockReceipts',
  'debug_getRawBlock',
  'debug_getRawHeader',
]);
const BY_HASH = new Set(['eth_getBlockByHash', 'eth_getHeaderByHash']);

/**
 * Another node's view of the upstream's chain: labels stand lower, and blocks above its latest do not exist. A frozen
 * view also repeats what it once answered, so it survives a reorg of the upstream. Raw blocks by hash pass unseen.
 */
export class ChainView {
  readonly #heads: () => Promise<ViewHeads>;
  readonly #recorded: Map<string, WireAnswer> | null;

  private constructor(heads: () => Promise<ViewHeads>, recorded: Map<string, WireAnswer> | null) {
    this.#heads = heads;
    this.#recorded = recorded;
  }

  /** Stops the clock: the heads of now, and every answer as it was given first. */
  static async frozen(ask: AskUpstream): Promise<ChainView> {
    const heads = await readHeads(ask);
    const recorded = new Map<string, WireAnswer>();
    for (const number of new Set([heads.latest, heads.safe, heads.finalized])) {
      for (const full of [false, true]) {
        const params = [hex(number ?? 0), full];
        recorded.set(recordKey('eth_getBlockByNumber', params), await ask('eth_getBlockByNumber', params));
      }
    }
    return new ChainView(() => Promise.resolve(heads), recorded);
  }

  /** Lags behind: each label stands so many blocks lower, and none stands above the lowered latest. */
  static lagging(ask: AskUpstream, lower: { latest?: number; safe?: number; finalized?: number }): ChainView {
    return new ChainView(async () => {
      const heads = await readHeads(ask);
      const latest = Math.max(0, heads.latest - (lower.latest ?? 0));
      const label = (height: number | null, by = 0): number | null =>
        height === null ? null : Math.max(0, Math.min(latest, height - by));
      return { latest, safe: label(heads.safe, lower.safe), finalized: label(heads.finalized, lower.finalized) };
    }, null);
  }

  async see({ method, params }: WireRequest): Promise<Viewed> {
    if (method !== 'eth_blockNumber' && !BY_NUMBER.has(method)) return this.#ask(method, params);
    const heads = await this.#heads();
    if (method === 'eth_blockNumber') return { kind: 'answered', answer: { result: hex(heads.latest) } };
    const height = heightOf(params[0], heads);
    if (height === undefined) return this.#ask(method, params);
    if (height === null || height > heads.latest) return { kind: 'answered', answer: { result: null } };
    return this.#ask(method, [hex(height), ...params.slice(1)]);
  }

  /** The answer as this view gives it: a block above its latest is unknown. */
  async shown(method: string, params: readonly JsonValue[], answer: WireAnswer): Promise<WireAnswer> {
    const height = BY_HASH.has(method) && isJsonObject(answer['result']) ? answer['result']['number'] : undefined;
    const hidden = typeof height === 'string' && Number(height) > (await this.#heads()).latest;
    const shown = hidden ? { ...answer, result: null } : answer;
    this.#recorded?.set(recordKey(method, params), shown);
    return shown;
  }

  #ask(method: string, params: readonly JsonValue[]): Viewed {
    const known = this.#recorded?.get(recordKey(method, params));
    return known === undefined ? { kind: 'ask', params } : { kind: 'answered', answer: known };
  }
}

async function readHeads(ask: AskUpstream): Promise<ViewHeads> {
  const read = async (label: string): Promise<number | null> => {
    const { result } = await ask('eth_getBlockByNumber', [label, false]);
    return isJsonObject(result) ? Number(result['number']) : null;
  };
  const latest = await read('latest');
  if (latest === null) throw new Error('the upstream has no latest block, so there is nothing to view');
  return { latest, safe: await read('safe'), finalized: await read('finalized') };
}

/** The height a block parameter means; null for an unset label, undefined for what is no height (a hash). */
function heightOf(param: JsonValue | undefined, heads: ViewHeads): number | null | undefined {
  if (param === 'latest' || param === 'pending') return heads.latest;
  if (param === 'safe') return heads.safe;
  if (param === 'finalized') return heads.finalized;
  return typeof param === 'string' && /^0x[0-9a-f]{1,14}$/i.test(param) ? Number(param) : undefined;
}

function recordKey(method: string, params: readonly JsonValue[]): string {
  return `${method} ${JSON.stringify(params)}`;
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
