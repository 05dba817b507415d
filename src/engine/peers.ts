import { LockstepError } from '../util/errors.js';
import { toNumber } from '../util/hex.js';
import { RpcTransport } from '../util/rpc.js';

const TIMEOUT_MS = 2_000;
const MAX_RESPONSE_BYTES = 64 * 1024;

/** Asks the public RPC of the EL for net_peerCount, which engine ports do not serve (geth, reth). */
export class PeerCounter {
  readonly #transport: RpcTransport | null;

  /** @param url absent: nothing is asked */
  constructor(url: string | undefined) {
    if (url === undefined) {
      this.#transport = null;
      return;
    }
    this.#transport = new RpcTransport({
      peer: 'ENGINE',
      url,
      headers: {},
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
      maxConnections: 1,
    });
  }

  /** Null where it cannot be told: it explains a failure and decides nothing, so no answer is no error. */
  async count(signal: AbortSignal): Promise<number | null> {
    try {
      const answer = await this.#transport?.call({ method: 'net_peerCount', params: [] }, { signal });
      return toNumber(answer) ?? null;
    } catch (thrown) {
      if (!(thrown instanceof LockstepError) || thrown.code === 'ABORTED' || thrown.code === 'INTERNAL') throw thrown;
      return null;
    }
  }

  async close(): Promise<void> {
    await this.#transport?.close();
  }
}
