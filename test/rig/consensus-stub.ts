import { rpcClient, type RpcClient } from '../../devnet/rpc.js';
import { toNumber, ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { type Answer, HttpServer, send } from './http-server.js';

/** So many L2 blocks share one L1 block in the story that the stub tells. */
const BLOCKS_PER_L1 = 3;

const HEADS = { unsafe_l2: 'latest', safe_l2: 'safe', finalized_l2: 'finalized' } as const;

/**
 * The consensus client of a source EL: heads are those of the EL, in the words of op-node (opstack 8), with an invented
 * L1. Faults belong into a proxy before it.
 */
export class ConsensusStub {
  readonly #server: HttpServer;
  readonly #el: RpcClient;

  private constructor(server: HttpServer, el: RpcClient) {
    this.#server = server;
    this.#el = el;
  }

  static async start(elUrl: string): Promise<ConsensusStub> {
    const server = await HttpServer.start((_received, response) => send(response, '{}'));
    const stub = new ConsensusStub(server, rpcClient(elUrl));
    server.script = async ({ calls }, response) => {
      const [call] = calls;
      const reply = { jsonrpc: '2.0', id: call?.id ?? null, ...(await stub.#answer(call?.method ?? '')) };
      send(response, JSON.stringify(reply));
    };
    return stub;
  }

  get url(): string {
    return this.#server.url;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #answer(method: string): Promise<Answer> {
    switch (method) {
      case 'optimism_version':
        return { result: 'v0.0.0-dev' };
      case 'optimism_syncStatus':
        return { result: await this.#status() };
      case 'optimism_rollupConfig':
        return { result: await this.#rollupConfig() };
      default:
        return { error: { code: -32601, message: `the method ${method} does not exist/is not available` } };
    }
  }

  /** Keys and their order are those of op-node v1.19.6 (opstack 8). */
  async #status(): Promise<JsonValue> {
    const calls = Object.values(HEADS).map((tag) => ({ method: 'eth_getBlockByNumber', params: [tag, false] }));
    const outcomes = await this.#el.batch(calls);
    const [unsafe, safe, finalized] = outcomes.map((outcome) => l2Ref(outcome.ok ? outcome.result : null));
    const l1 = (ref: JsonObject | undefined): JsonObject => l1Block(Number(ref?.['number'] ?? 0));
    const [head_l1, current_l1, finalized_l1] = [l1(unsafe), l1(safe), l1(finalized)];
    return {
      ...{ current_l1, current_l1_finalized: finalized_l1, head_l1, safe_l1: current_l1, finalized_l1 },
      ...{ unsafe_l2: unsafe ?? null, safe_l2: safe ?? null, finalized_l2: finalized ?? null },
      ...{ pending_safe_l2: ZERO_L2, local_safe_l2: safe ?? null },
    };
  }

  async #rollupConfig(): Promise<JsonValue> {
    const chainId = toNumber(await this.#el.call('eth_chainId', [])) ?? null;
    const genesis = await this.#el.call('eth_getBlockByNumber', ['0x0', false]);
    const hash = isJsonObject(genesis) ? (genesis['hash'] ?? null) : null;
    const l1 = l1Block(0);
    return {
      genesis: { l1: { hash: l1['hash'] ?? null, number: 0 }, l2: { hash, number: 0 }, l2_time: 0 },
      ...{ block_time: 1, l1_chain_id: 900, l2_chain_id: chainId },
    };
  }
}

const ZERO_L2: JsonObject = {
  ...{ hash: ZERO_HASH, number: 0, parentHash: ZERO_HASH, timestamp: 0 },
  ...{ l1origin: { hash: ZERO_HASH, number: 0 }, sequenceNumber: 0 },
};

function l2Ref(block: JsonValue): JsonObject {
  if (!isJsonObject(block)) return ZERO_L2;
  const number = toNumber(block['number']) ?? 0;
  const { hash = null, number: origin = null } = l1Block(number);
  return {
    ...{ hash: block['hash'] ?? null, number, parentHash: block['parentHash'] ?? null },
    ...{ timestamp: toNumber(block['timestamp']) ?? 0, l1origin: { hash, number: origin } },
    sequenceNumber: number % BLOCKS_PER_L1,
  };
}

/** The L1 block that an L2 block comes from. Its hash is invented, and never zero. */
function l1Block(l2Number: number): JsonObject {
  const number = Math.floor(l2Number / BLOCKS_PER_L1);
  const hash = (height: number): string => `0x11${Math.max(0, height).toString(16).padStart(62, '0')}`;
  return { hash: hash(number), number, parentHash: hash(number - 1), timestamp: 1_700_000_000 + 12 * number };
}
