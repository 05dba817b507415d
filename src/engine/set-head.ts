import type { BlockRef } from '../chain/block.js';
import { LockstepError } from '../util/errors.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import { FIXED_REQUEST_ID, requestText } from '../util/request-text.js';
import type { EngineClient } from './client.js';
import type { EngineAnswer, EngineProfile } from './engine.js';
import { sendStateChange } from './state-change.js';

/** op-geth needs up to 25 ms for each block, and how many it is to take back is not known here (engines-measured 2.B). */
const DEADLINE_MS = 600_000;

/** The root of the account trie, where it is stored by path: what geth itself tells its two state schemes apart by. */
const PATH_SCHEME_KEY = '0x41';

export interface SetHeadOptions {
  readonly engine: EngineClient;
  /** The RPC that the operator named for it; null: none. */
  readonly admin: EngineClient | null;
  readonly timeoutMs: number;
  /** Told why it is not tried where an operator expects that it is; once, until the reason is another one. */
  readonly onRefused: ((why: string) => void) | undefined;
}

/** debug_setHead, on whichever port serves it. */
export class HeadSetter {
  readonly #options: SetHeadOptions;
  #told: string | null = null;

  constructor(options: SetHeadOptions) {
    this.#options = options;
  }

  /** @throws LockstepError ENGINE_* for the engine port, ABORTED */
  async canSetHead(profile: EngineProfile, signal: AbortSignal): Promise<boolean> {
    return (await this.#server(profile, signal)) !== null;
  }

  /** UNSENT where nobody serves it now. @throws LockstepError ABORTED */
  async setHead(to: BlockRef, profile: EngineProfile, signal: AbortSignal): Promise<EngineAnswer> {
    const server = await this.#serverOrError(profile, signal);
    if (server instanceof LockstepError) return { status: 'UNSENT', error: server };
    const method = 'debug_setHead';
    const request = requestText(FIXED_REQUEST_ID, { method, params: [`0x${to.number.toString(16)}`] });
    const timeoutMs = Math.max(this.#options.timeoutMs, DEADLINE_MS);
    return sendStateChange(server, { method, request, timeoutMs }, () => ({ status: 'VALID' }), signal);
  }

  async #serverOrError(profile: EngineProfile, signal: AbortSignal): Promise<EngineClient | LockstepError> {
    try {
      const detail = 'debug_setHead is not served';
      return (await this.#server(profile, signal)) ?? new LockstepError('ENGINE_RPC_ERROR', { detail });
    } catch (thrown) {
      if (thrown instanceof LockstepError && thrown.code.startsWith('ENGINE_')) return thrown;
      throw thrown;
    }
  }

  /** The engine port goes first, since it is the one that is guarded by a secret. Null: it must not be tried. */
  async #server({ setHead, kind }: EngineProfile, signal: AbortSignal): Promise<EngineClient | null> {
    const { engine, admin } = this.#options;
    if (!setHead) return admin === null ? null : this.#refuse(`debug_setHead of ${kind} is not known to work`);
    const server = (await servesDebug(engine, signal)) ? engine : await this.#admin(signal);
    if (server === null || (await storesStateByPath(server, signal))) return server;
    return this.#refuse('the EL stores its state by hash: debug_setHead could throw it back to its genesis');
  }

  async #admin(signal: AbortSignal): Promise<EngineClient | null> {
    const { admin } = this.#options;
    if (admin === null) return null;
    try {
      return (await servesDebug(admin, signal)) ? admin : this.#refuse(`${admin.name} does not serve debug`);
    } catch (thrown) {
      if (!(thrown instanceof LockstepError && thrown.code.startsWith('ENGINE_'))) throw thrown;
      return this.#refuse(`${admin.name} cannot be asked whether it serves debug: ${thrown.message}`);
    }
  }

  #refuse(why: string): null {
    if (why !== this.#told) this.#options.onRefused?.(why);
    this.#told = why;
    return null;
  }
}

async function servesDebug(client: EngineClient, signal: AbortSignal): Promise<boolean> {
  const modules = await client.callOptional({ method: 'rpc_modules', params: [] }, signal);
  return isJsonObject(modules) && modules['debug'] !== undefined;
}

/** Stored by hash, a block deeper than 127 lands on genesis with all labels gone, and the node is lost (engines-measured 2.B). */
async function storesStateByPath(client: EngineClient, signal: AbortSignal): Promise<boolean> {
  const root: JsonValue = await client.callOptional({ method: 'debug_dbGet', params: [PATH_SCHEME_KEY] }, signal);
  return typeof root === 'string' && root.length > '0x'.length;
}
