import type { ServedBlock } from './block-forms.js';
import { quantity } from './chain.js';
import { monotonicNs } from './cpu-time.js';
import type { RpcRequest } from './el-state.js';

const LABELS_BEHIND = { safe: 32, finalized: 64 } as const;
const NULL = Buffer.from('"result":null');

export interface SourceChain {
  readonly chainId: number;
  readonly blocks: readonly ServedBlock[];
}

/** Serves a chain up to a head that may rise, in answers that are made before the run. */
export class SourceState {
  readonly #blocks: readonly ServedBlock[];
  readonly #chainId: number;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #raw: boolean;
  readonly #raws = new Map<number, Buffer>();
  readonly #fulls = new Map<number, Buffer>();
  #calls: Record<string, number> = {};
  #headersRead: [number, number][] = [];
  #onFirstBody: (() => void) | null = null;
  head: number;

  /** `onDemand`: nothing is made before it is asked for, nor kept. */
  constructor({ chainId, blocks }: SourceChain, raw: boolean, head: number, onDemand: boolean) {
    this.#blocks = blocks;
    this.#chainId = chainId;
    this.#numbers = new Map(blocks.map(({ hash, number }) => [hash, number]));
    this.#raw = raw;
    this.head = head;
    if (onDemand) return;
    for (const block of blocks) {
      if (raw) this.#raws.set(block.number, result(block.raw()));
      else this.#fulls.set(block.number, result(block.full()));
    }
  }

  /** The calls since the last time, by method and by method with label. */
  takeCalls(): Record<string, number> {
    const calls = this.#calls;
    this.#calls = {};
    return calls;
  }

  /** Calls once when the body of the first block is asked for by its height. */
  onFirstBody(call: () => void): void {
    this.#onFirstBody = call;
  }

  /** The headers that were read since the last time. */
  takeHeadersRead(): [number, number][] {
    const read = this.#headersRead;
    this.#headersRead = [];
    return read;
  }

  /** A header as JSON, as `newHeads` shows it. */
  header(number: number): string {
    const block = this.#blocks[number];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    return block.header();
  }

  /** The `"result":...` or `"error":...` member of the answer. */
  answer({ method, params }: RpcRequest): Buffer {
    this.#count(method, params);
    switch (method) {
      case 'eth_chainId':
        return result(JSON.stringify(quantity(this.#chainId)));
      case 'eth_blockNumber':
        return result(JSON.stringify(quantity(this.head)));
      case 'eth_syncing':
        return result('false');
      case 'web3_clientVersion':
        return result('"source-stub/v1"');
      case 'eth_getBlockByNumber':
      case 'eth_getBlockByHash':
        return this.#block(params[0], (block) => (params[1] === true ? this.#full(block) : result(block.light())));
      case 'eth_getHeaderByNumber':
      case 'eth_getHeaderByHash':
        return this.#block(params[0], (block) => result(block.header()));
      case 'debug_getRawBlock':
        if (this.#raw) return this.#block(params[0], (block) => this.#rawOf(block));
        break;
    }
    return failure(-32601, `the method ${method} does not exist/is not available`);
  }

  #count(method: string, [param, whole]: readonly unknown[]): void {
    const label = typeof param === 'string' && !param.startsWith('0x') ? ` ${param}` : '';
    const isHeight = typeof param === 'string' && label === '' && param.length < 66;
    const isHeader = method === 'eth_getHeaderByNumber' || (method === 'eth_getBlockByNumber' && whole !== true);
    if (isHeight && !isHeader && Number(param) === 1) {
      this.#onFirstBody?.();
      this.#onFirstBody = null;
    }
    if (isHeight && isHeader) this.#headersRead.push([Number(param), monotonicNs()]);
    const key = `${method}${label}`;
    this.#calls[key] = (this.#calls[key] ?? 0) + 1;
  }

  #block(param: unknown, form: (block: ServedBlock) => Buffer): Buffer {
    const number = this.#number(String(param));
    const block = number === undefined || number > this.head ? undefined : this.#blocks[number];
    return block === undefined ? NULL : form(block);
  }

  #number(param: string): number | undefined {
    if (param === 'latest') return this.head;
    if (param === 'safe' || param === 'finalized') return Math.max(0, this.head - LABELS_BEHIND[param]);
    return param.length === 66 ? this.#numbers.get(param) : Number(param);
  }

  #rawOf(block: ServedBlock): Buffer {
    return this.#raws.get(block.number) ?? result(block.raw());
  }

  #full(block: ServedBlock): Buffer {
    return this.#fulls.get(block.number) ?? result(block.full());
  }
}

function result(json: string): Buffer {
  return Buffer.from(`"result":${json}`, 'latin1');
}

function failure(code: number, message: string): Buffer {
  return Buffer.from(`"error":${JSON.stringify({ code, message })}`);
}
