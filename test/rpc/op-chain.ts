import { encodeL1Attributes } from '../../devnet/op-stack/l1-attributes.js';
import { l1Origin } from '../../devnet/op-stack/l1-origin.js';
import { type Hash, ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { type Answer, answering, HttpServer, type ReceivedCall } from '../rig/http-server.js';

const GENESIS_TIME = 1_700_000_000;
const EMPTY_REQUESTS = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const hashOf = (kind: string, number: number): Hash =>
  `0x${Buffer.from(kind).toString('hex').padEnd(8, '0')}${number.toString(16).padStart(56, '0')}`;

export const HEX = (number: number): string => `0x${number.toString(16)}`;

/** An EL of the OP Stack as far as RPC reads it: blocks whose roots are numbers, and L1 attributes in each but genesis. */
export class OpChain {
  readonly #server: HttpServer;
  unsafe = 20;
  safe: number | null = 12;
  finalized: number | null = 6;
  /** Blocks from here on have the header of Isthmus. */
  isthmusAt = 10;
  /** False: blocks start with a transaction of a user. */
  isOpStack = true;
  /** Called before each answer. */
  beforeAnswer: () => Promise<void> | void = () => undefined;

  private constructor(server: HttpServer) {
    this.#server = server;
  }

  static async start(): Promise<OpChain> {
    const chain = new OpChain(await HttpServer.start(() => undefined));
    const answer = answering((call) => chain.#answer(call));
    chain.#server.script = async (received, response) => {
      await chain.beforeAnswer();
      await answer(received, response);
    };
    return chain;
  }

  get url(): string {
    return this.#server.url;
  }

  get methods(): readonly string[] {
    return this.#server.methods;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #answer({ method, params: [first, second] }: ReceivedCall): Answer {
    switch (method) {
      case 'eth_getBlockByNumber':
        return { result: this.#block(this.#heightOf(first), second === true) };
      case 'eth_getBlockByHash':
        return { result: this.#block(heightIn(first, 10), second === true) };
      case 'eth_getProof':
        return { result: { storageHash: hashOf('pass', 99), ...(isJsonObject(second) ? second : {}) } };
      default:
        return { error: { code: -32601, message: `no ${method}` } };
    }
  }

  #heightOf(tag: JsonValue | undefined): number | null {
    if (tag === 'latest') return this.unsafe;
    if (tag === 'safe') return this.safe;
    return tag === 'finalized' ? this.finalized : heightIn(tag, 2);
  }

  #block(number: number | null, whole: boolean): JsonObject | null {
    if (number === null || number > this.unsafe) return null;
    const isthmus = { withdrawalsRoot: hashOf('pass', number), requestsHash: EMPTY_REQUESTS };
    return {
      number: HEX(number),
      hash: hashOf('l2', number),
      parentHash: number === 0 ? ZERO_HASH : hashOf('l2', number - 1),
      timestamp: HEX(GENESIS_TIME + 2 * number),
      stateRoot: hashOf('root', number),
      ...(number >= this.isthmusAt ? isthmus : {}),
      transactions: whole ? this.#transactions(number) : [],
    };
  }

  #transactions(number: number): JsonValue[] {
    if (number === 0) return [];
    if (!this.isOpStack) return [{ type: '0x2', input: '0x' }];
    return [{ type: '0x7e', input: encodeL1Attributes('isthmus', l1Origin(number, GENESIS_TIME)) }];
  }
}

/** The number at the end of a hash or a quantity. */
function heightIn(text: JsonValue | undefined, start: number): number {
  return typeof text === 'string' ? Number.parseInt(text.slice(start), 16) : Number.NaN;
}

/** The block of that height in the form of op-node. */
export function l2Ref(number: number): JsonObject {
  const { hash, number: l1Number, sequenceNumber } = l1Origin(number, GENESIS_TIME);
  return {
    hash: hashOf('l2', number),
    number,
    parentHash: hashOf('l2', number - 1),
    timestamp: GENESIS_TIME + 2 * number,
    l1origin: { hash, number: l1Number },
    sequenceNumber,
  };
}
