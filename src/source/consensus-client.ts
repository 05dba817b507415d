import type { SyncStatus } from '../chain/sync-status.js';
import { rpcError } from '../util/envelope.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { isJsonObject } from '../util/json.js';
import type { RpcOutcome } from '../util/rpc.js';
import type { SourceOptions } from './options.js';
import { isMethodMissing } from './rpc-errors.js';
import type { ConsensusChain, ConsensusClient } from './source.js';
import { readRollupConfig, readSyncStatus } from './sync-status.js';
import { SourceWire } from './wire.js';

const STATUS = 'optimism_syncStatus';
const ROLLUP_CONFIG = 'optimism_rollupConfig';

/** A sync status has 2.6 kB (opstack 8), and a rollup configuration is of that order. */
const ANSWER_MAX_BYTES = 1024 * 1024;

/**
 * The consensus client of the source over HTTP. Its errors name it, as they share their codes with those of the source.
 * @throws LockstepError CONFIG_INVALID for an unusable URL or header
 */
export function createConsensusClient(options: SourceOptions): ConsensusClient {
  const maxResponseBytes = Math.min(options.maxResponseBytes, ANSWER_MAX_BYTES);
  return new HttpConsensusClient({ ...options, maxResponseBytes });
}

class HttpConsensusClient implements ConsensusClient {
  readonly #wire: SourceWire;

  constructor(options: SourceOptions) {
    this.#wire = new SourceWire(options);
  }

  get name(): string {
    return this.#wire.name;
  }

  syncStatus(signal: AbortSignal): Promise<SyncStatus> {
    return this.#ask(STATUS, signal, (outcome) => {
      if (outcome.ok) return readSyncStatus(outcome.result);
      if (isMethodMissing(outcome)) throw new LockstepError('SOURCE_NOT_CL', { detail: this.name });
      throw rpcError('SOURCE', STATUS, outcome);
    });
  }

  chain(signal: AbortSignal): Promise<ConsensusChain | null> {
    return this.#ask(ROLLUP_CONFIG, signal, (outcome) => {
      if (outcome.ok) return readRollupConfig(outcome.result);
      if (isMethodMissing(outcome)) return null;
      throw rpcError('SOURCE', ROLLUP_CONFIG, outcome);
    });
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #ask<T>(method: string, signal: AbortSignal, read: (outcome: RpcOutcome) => T): Promise<T> {
    try {
      return read(await this.#wire.ask({ method, params: [] }, signal));
    } catch (thrown) {
      throw this.#named(asLockstepError(thrown));
    }
  }

  #named(error: LockstepError): LockstepError {
    const { code, data, detail = '' } = error;
    if (code === 'ABORTED' || code === 'INTERNAL') return error;
    const flag = '--l2.follow.source.cl';
    const named = detail.startsWith(this.name) ? `${flag} ${detail}` : `${flag} ${this.name}: ${detail}`;
    return new LockstepError(code, { detail: named, data, cause: error });
  }
}

/**
 * True when the URL is that of a consensus client of the OP Stack: it answers optimism_syncStatus, and does not know
 * eth_chainId. A gateway that serves both is a source like any other.
 * @throws LockstepError SOURCE_*, ABORTED
 */
export async function detectConsensusClient(options: SourceOptions, signal: AbortSignal): Promise<boolean> {
  const wire = new SourceWire(options);
  try {
    const chainId = await wire.ask({ method: 'eth_chainId', params: [] }, signal);
    if (chainId.ok || !isMethodMissing(chainId)) return false;
    const status = await wire.ask({ method: STATUS, params: [] }, signal);
    return status.ok && isJsonObject(status.result);
  } finally {
    await wire.close();
  }
}
