import { launchEl, type ElKind, type ElOptions, type RunningEl } from '../../../devnet/els/el.js';
import { readHeads } from '../../../devnet/heads.js';
import { rpcClient, RpcError, type RpcClient } from '../../../devnet/rpc.js';
import { ZERO_HASH } from '../../../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../../../src/util/json.js';
import type { RpcOutcome } from '../../../src/util/rpc.js';
import type { Write } from '../../follow/model/engine/state.js';
import type { Index } from '../../follow/model/tree.js';
import { abortedAtExit, logOf, ownCrash } from '../own-crash.js';
import type { SimChain } from './chain.js';

const LOG_TAIL_CHARS = 2_000;

/** What an EL shows, as names of blocks. */
export interface Shown {
  readonly head: string;
  readonly safe: string | null;
  readonly finalized: string | null;
}

export interface Started {
  readonly kind: ElKind;
  readonly options: ElOptions;
}

/** A real EL that carries out the writes of a model, and says what came of it in the model's words. */
export class RealEl {
  readonly #started: Started;
  readonly #chain: SimChain;
  #el: RunningEl;
  #engine: RpcClient;
  /** It was told to stop and ended in another way than it should, or had ended before. */
  #hasFailedToStop = false;

  private constructor(started: Started, chain: SimChain, el: RunningEl) {
    this.#started = started;
    this.#chain = chain;
    this.#el = el;
    this.#engine = rpcClient(el.engineUrl, el.jwtSecretFile);
  }

  static async start(started: Started, chain: SimChain): Promise<RealEl> {
    return new RealEl(started, chain, await launch(started));
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
    for (const batch of batches) outcomes.push(...(await this.#alive(() => this.#engine.batch(batch))));
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
    const { unsafe, safe, finalized } = await this.#alive(() => readHeads(rpcClient(this.#el.httpUrl)));
    const name = (ref: typeof safe): string | null => (ref === null ? null : this.#chain.nameOf(ref));
    return { head: this.#chain.nameOf(unsafe), safe: name(safe), finalized: name(finalized) };
  }

  async #alive<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (cause) {
      throw new Error(`${this.#el.kind} does not answer`, { cause });
    }
  }

  /** What it wrote last. */
  get logEnd(): string {
    return logOf(this.#el).slice(-LOG_TAIL_CHARS);
  }

  /** Whether it failed by a mistake of its own, whatever it was sent. */
  get hasCrashed(): boolean {
    return this.#hasFailedToStop || ownCrash(this.#el) !== null;
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') await this.#el.kill();
    else await this.#stop();
    this.#el = await launch(this.#started);
    this.#engine = rpcClient(this.#el.engineUrl, this.#el.jwtSecretFile);
  }

  /** What is lost where it did not end as it should is not what the model says of a restart. */
  async #stop(): Promise<void> {
    const { code, signal } = await this.#el.stop();
    if (code === 0) return;
    const ending = `${this.#el.kind} did not stop cleanly: it ended with ${signal ?? `code ${code}`}`;
    if (abortedAtExit(this.#el)) {
      process.stderr.write(`${ending}, behind its work\n`);
      return;
    }
    this.#hasFailedToStop = true;
    throw new Error(ending);
  }

  async end(): Promise<void> {
    await this.#el.kill();
  }
}

function launch({ kind, options }: Started): Promise<RunningEl> {
  return launchEl(kind, { ...options, persistent: true });
}

function statusOf(result: JsonValue): string {
  const nested = isJsonObject(result) ? result['payloadStatus'] : undefined;
  const status = isJsonObject(nested) ? nested['status'] : isJsonObject(result) ? result['status'] : undefined;
  return typeof status === 'string' ? status : 'no status';
}
