import { LockstepError } from '../util/errors.js';
import type { JsonValue } from '../util/json.js';
import type { RpcOutcome } from '../util/envelope.js';
import type { RpcCall } from '../util/request-text.js';
import { readFailure, readRejection, schemaError } from './answer.js';
import type { EngineClient, StateChange } from './client.js';
import type { EngineAnswer } from './engine.js';

/**
 * Sends one state-changing call, once, and names what came of it.
 * @param read decodes the result; what it throws makes the answer UNKNOWN, since the EL has acted by then
 * @throws LockstepError ABORTED when the signal had aborted: then nothing was sent
 */
export async function sendStateChange(
  client: EngineClient,
  change: StateChange,
  read: (result: JsonValue) => EngineAnswer,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  if (signal.aborted) throw new LockstepError('ABORTED');
  try {
    return read(await client.change(change, signal));
  } catch (thrown) {
    return readFailure(thrown);
  }
}

/** As {@link sendStateChange}, with reads behind it in one batch, for an EL that carries out a batch in order. */
export async function sendChangeAndReads(
  client: EngineClient,
  change: RpcCall,
  reads: readonly RpcCall[],
  read: (result: JsonValue) => EngineAnswer,
  signal: AbortSignal,
): Promise<{ readonly answer: EngineAnswer; readonly read: readonly RpcOutcome[] }> {
  if (signal.aborted) throw new LockstepError('ABORTED');
  try {
    const [first, ...others] = await client.changeAndRead(change, reads, signal);
    if (first === undefined) throw schemaError('the batch came back empty');
    if (!first.ok) return { answer: readRejection(change.method, first), read: others };
    return { answer: read(first.result), read: others };
  } catch (thrown) {
    return { answer: readFailure(thrown), read: [] };
  }
}

/** Lets one state-changing operation run at a time. A second one is a bug of the caller and is refused, not queued. */
export class SingleFlight {
  #busyWith: string | null = null;

  /** @throws LockstepError INTERNAL when another operation is under way, and whatever the operation throws */
  async run<T>(name: string, operation: () => Promise<T>): Promise<T> {
    if (this.#busyWith !== null) {
      throw new LockstepError('INTERNAL', { detail: `${name} was called while ${this.#busyWith} is under way` });
    }
    this.#busyWith = name;
    try {
      return await operation();
    } finally {
      this.#busyWith = null;
    }
  }
}
