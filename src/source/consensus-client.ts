import { isJsonObject } from '../util/json.js';
import type { SourceOptions } from './options.js';
import { isMethodMissing } from './rpc-errors.js';
import { SourceWire } from './wire.js';

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
    const status = await wire.ask({ method: 'optimism_syncStatus', params: [] }, signal);
    return status.ok && isJsonObject(status.result);
  } finally {
    await wire.close();
  }
}
