import { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import { sleep } from '../util/sleep.js';
import { schemaError } from './answer.js';
import type { EngineClient } from './client.js';

const METHOD = 'engine_getPayloadBodiesByHashV1';
const METHOD_NOT_FOUND = -32601;

/** Measured: 7 to 120 ms (engines-measured 3.0). */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;
const CAP_MS = 30_000;
/** Where it cannot be asked. */
const BLIND_WAIT_MS = 1_000;

/**
 * Waits until the EL no longer holds the body of a block; false when it stayed for `capMs`. eth_getBlockByHash would not
 * tell: a cache still has the block (engines-measured 3.0).
 * @throws LockstepError ENGINE_*, ABORTED
 */
export async function forgets(
  client: EngineClient,
  hash: Hash,
  signal: AbortSignal,
  capMs: number = CAP_MS,
): Promise<boolean> {
  let waitedMs = 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const holds = await holdsBody(client, hash, signal);
    if (holds === null) await sleep(BLIND_WAIT_MS, signal);
    if (holds !== true) return true;
    if (waitedMs >= capMs) return false;
    await sleep(pauseMs, signal);
    waitedMs += pauseMs;
  }
}

/** Null: the EL does not know the method. */
async function holdsBody(client: EngineClient, hash: Hash, signal: AbortSignal): Promise<boolean | null> {
  try {
    const bodies = await client.call({ method: METHOD, params: [[hash]] }, signal);
    if (!Array.isArray(bodies) || bodies.length !== 1) throw schemaError(`${METHOD} did not answer one body`);
    return bodies[0] !== null;
  } catch (thrown) {
    if (thrown instanceof LockstepError && thrown.data['rpcCode'] === METHOD_NOT_FOUND) return null;
    throw thrown;
  }
}
