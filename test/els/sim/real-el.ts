import { join } from 'node:path';
import { launchEl, type ElKind, type ElOptions, type RunningEl } from '../../../devnet/els/el.js';
import { readHeads } from '../../../devnet/heads.js';
import { rpcClient, RpcError, type RpcClient } from '../../../devnet/rpc.js';
import type { Genesis } from '../../../devnet/genesis.js';
import { ZERO_HASH } from '../../../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../../../src/util/json.js';
import type { RpcOutcome } from '../../../src/util/rpc.js';
import type { Write } from '../../follow/model/engine/state.js';
import type { Index } from '../../follow/model/tree.js';
import type { SimChain } from './chain.js';

/** What an EL shows, as names of blocks. */
export interface Shown {
  readonly head: string;
  readonly safe: string | null;
  readonly finalized: string | null;
}

export interface RealElOptions {
  readonly kind: ElKind;
  readonly genesis: Genesis;
  readonly dir: string;
  readonly jwtSecretFile: string;
  readonly extraFlags?: readonly string[];
}

/** A real EL that carries out the writes of a model, and says what came of it in the model's words. */
export class RealEl {
  readonly #options: RealElOptions;
  readonly #chain: SimChain;
  #el: RunningEl;
  #engine: RpcClient;

  private constructor(options: RealElOptions, chain: SimChain, el: RunningEl) {
    this.#options = options;
    this.#chain = chain;
    this.#el = el;
    this.#engine = rpcClient(el.engineUrl, el.jwtSecretFile);
  }

  static async start(options: RealElOptions, chain: SimChain): Promise<RealEl> {
    return new RealEl(options, chain, await launch(options));
  }

  /** The status of the answer, or the code of the error. */
  async send(write: Write): Promise<string> {
    const [answer] = await this.sendAll([write]);
    return answer ?? 'nothing';
  }

  /** In order: in one batch, but for the ethereumjs client, which carries out its elements side by side. */
  async sendAll(writes: readonly Write[]): Promise<readonly string[]> {
    const [first] = writes;
    if (first?.call === 'set-head') return [await this.#setHead(first.block)];
    const calls = writes.map((write) => this.#callOf(write));
    const batches = this.#el.kind === 'ethereumjs' ? calls.map((call) => [call]) : [calls];
    const outcomes: RpcOutcome[] = [];
    for (const batch of batches) outcomes.push(...(await this.#engine.batch(batch)));
    return outcomes.map((outcome) => (outcome.ok ? statusOf(outcome.result) : String(outcome.code)));
  }

  #callOf(write: Write): { method: string; params: readonly JsonValue[] } {
    if (write.call === 'payload') return this.#chain.payload(write.block);
    if (write.call === 'set-head') throw new Error('debug_setHead goes to the other port');
    const hash = (block: Index | null): string => (block === null ? ZERO_HASH : this.#chain.tree.ref(block).hash);
    const { head, safe, finalized } = write.sent;
    const state = { headBlockHash: hash(head), safeBlockHash: hash(safe), finalizedBlockHash: hash(finalized) };
    return { method: 'engine_forkchoiceUpdatedV3', params: [state, null] };
  }

  /** reth takes the number as a number, the others in hex (engines-measured 3.0). */
  async #setHead(block: Index): Promise<string> {
    const height = this.#chain.tree.height(block);
    const isReth = this.#el.kind === 'reth' || this.#el.kind === 'op-reth';
    const number = isReth ? height : `0x${height.toString(16)}`;
    try {
      await rpcClient(this.#el.httpUrl).call('debug_setHead', [number]);
      return 'VALID';
    } catch (error) {
      if (error instanceof RpcError) return String(error.code);
      throw error;
    }
  }

  async shown(): Promise<Shown> {
    const { unsafe, safe, finalized } = await readHeads(rpcClient(this.#el.httpUrl));
    const name = (ref: typeof safe): string | null => (ref === null ? null : this.#chain.nameOf(ref));
    return { head: this.#chain.nameOf(unsafe), safe: name(safe), finalized: name(finalized) };
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await (signal === 'SIGTERM' ? this.#el.stop() : this.#el.kill());
    this.#el = await launch(this.#options);
    this.#engine = rpcClient(this.#el.engineUrl, this.#el.jwtSecretFile);
  }

  async end(): Promise<void> {
    await this.#el.kill();
  }
}

function launch({ kind, genesis, dir, jwtSecretFile, extraFlags }: RealElOptions): Promise<RunningEl> {
  const options: ElOptions = { dataDir: join(dir, kind), genesis, jwtSecretFile, persistent: true };
  return launchEl(kind, extraFlags === undefined ? options : { ...options, extraFlags });
}

function statusOf(result: JsonValue): string {
  const nested = isJsonObject(result) ? result['payloadStatus'] : undefined;
  const status = isJsonObject(nested) ? nested['status'] : isJsonObject(result) ? result['status'] : undefined;
  return typeof status === 'string' ? status : 'no status';
}
