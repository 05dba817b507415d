import type { GenesisRef } from './stub-messages.js';

interface ElBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
}

export interface RpcRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface RpcResult {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface ElCosts {
  readonly newPayloadMs: number;
  readonly forkchoiceMs: number;
}

const ZERO_HASH = `0x${'00'.repeat(32)}`;

/** What an op-reth lists, so that lockstep treats the stub by the strictest profile it has for a known EL. */
const CAPABILITIES = [
  'engine_newPayloadV2',
  'engine_newPayloadV3',
  'engine_newPayloadV4',
  'engine_forkchoiceUpdatedV2',
  'engine_forkchoiceUpdatedV3',
  'engine_getClientVersionV1',
  'engine_signalSuperchainV1',
];

/**
 * An execution client that executes nothing: a linked set of headers with three labels. It answers VALID to every block
 * whose parent it knows, after sleeping for the configured time.
 */
export class ElState {
  readonly #costs: ElCosts;
  readonly #pause: Int32Array;
  readonly #blocks = new Map<string, ElBlock>();
  readonly #canonical = new Map<number, ElBlock>();
  readonly #labels = new Map<string, ElBlock>();
  newPayloads = 0;
  forkchoices = 0;

  constructor(genesis: GenesisRef, costs: ElCosts) {
    this.#costs = costs;
    this.#pause = new Int32Array(new SharedArrayBuffer(4));
    const block = { number: 0, ...genesis };
    this.#blocks.set(block.hash, block);
    this.#canonical.set(0, block);
    this.#labels.set('latest', block);
  }

  get headNumber(): number {
    return this.#labels.get('latest')?.number ?? 0;
  }

  get headHash(): string | undefined {
    return this.#labels.get('latest')?.hash;
  }

  answer({ method, params }: RpcRequest): RpcResult {
    if (method.startsWith('engine_newPayloadV')) return { result: this.#newPayload(params[0]) };
    if (method.startsWith('engine_forkchoiceUpdatedV')) return this.#forkchoice(params[0]);
    switch (method) {
      case 'engine_exchangeCapabilities':
        return { result: CAPABILITIES };
      case 'engine_getClientVersionV1':
        return { result: [{ code: 'OR', name: 'op-reth', version: 'v1.10.2-stub', commit: '0x00000000' }] };
      case 'eth_chainId':
        return { result: '0x385' };
      case 'eth_syncing':
        return { result: false };
      case 'eth_blockNumber':
        return { result: `0x${this.headNumber.toString(16)}` };
      case 'eth_getBlockByNumber':
        return { result: served(this.#byTag(String(params[0]))) };
      case 'eth_getBlockByHash':
        return { result: served(this.#blocks.get(String(params[0]))) };
      default:
        return { error: { code: -32601, message: `the method ${method} does not exist` } };
    }
  }

  #newPayload(param: unknown): unknown {
    const payload = param as { blockNumber: string; blockHash: string; parentHash: string; timestamp: string };
    this.newPayloads += 1;
    this.#sleep(this.#costs.newPayloadMs);
    if (!this.#blocks.has(payload.parentHash))
      return { status: 'SYNCING', latestValidHash: null, validationError: null };
    const { blockHash: hash, parentHash, timestamp } = payload;
    this.#blocks.set(hash, { number: Number(payload.blockNumber), hash, parentHash, timestamp });
    return { status: 'VALID', latestValidHash: hash, validationError: null };
  }

  #forkchoice(param: unknown): RpcResult {
    const state = param as { headBlockHash: string; safeBlockHash: string; finalizedBlockHash: string };
    this.forkchoices += 1;
    this.#sleep(this.#costs.forkchoiceMs);
    const head = this.#blocks.get(state.headBlockHash);
    if (head === undefined) {
      return {
        result: { payloadStatus: { status: 'SYNCING', latestValidHash: null, validationError: null }, payloadId: null },
      };
    }
    for (const [label, hash] of [
      ['safe', state.safeBlockHash],
      ['finalized', state.finalizedBlockHash],
    ] as const) {
      if (hash === ZERO_HASH) continue;
      const block = this.#blocks.get(hash);
      if (block === undefined) return { error: { code: -38002, message: 'Invalid forkchoice state' } };
      this.#labels.set(label, block);
    }
    this.#makeCanonical(head);
    const payloadStatus = { status: 'VALID', latestValidHash: head.hash, validationError: null };
    return { result: { payloadStatus, payloadId: null } };
  }

  #makeCanonical(head: ElBlock): void {
    for (let number = head.number + 1; this.#canonical.delete(number); number += 1);
    let block: ElBlock | undefined = head;
    while (block !== undefined && this.#canonical.get(block.number) !== block) {
      this.#canonical.set(block.number, block);
      block = this.#blocks.get(block.parentHash);
    }
    this.#labels.set('latest', head);
  }

  #byTag(tag: string): ElBlock | undefined {
    return tag.startsWith('0x') ? this.#canonical.get(Number(tag)) : this.#labels.get(tag);
  }

  /** Sleeps without burning CPU, so that the figures survive a busy machine; nothing else is served meanwhile. */
  #sleep(ms: number): void {
    if (ms > 0) Atomics.wait(this.#pause, 0, 0, ms);
  }
}

function served(block: ElBlock | undefined): unknown {
  return block === undefined ? null : { ...block, number: `0x${block.number.toString(16)}`, transactions: [] };
}
