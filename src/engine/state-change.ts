import { LockstepError } from '../util/errors.js';
import type { JsonValue } from '../util/json.js';
import type { RpcOutcome } from '../util/envelope.js';
import type { RpcCall } from '../util/request-text.js';
import { readFailure, readRejection, schemaError } from './answer.js';
import type { EngineClient, Reads, StateChange } from './client.js';
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

/** What became of a state-changing call, and what was read around it: nothing where its outcome is not known. */
export interface ReadChange {
  readonly answer: EngineAnswer;
  readonly before: readonly RpcOutcome[];
  readonly behind: readonly RpcOutcome[];
}

/** As {@link sendStateChange}, with reads around it in one batch, for an EL that carries out a batch in order. */
export async function sendChangeAmidReads(
  client: EngineClient,
  change: RpcCall,
  reads: Reads,
  read: (result: JsonValue) => EngineAnswer,
  signal: AbortSignal,
): Promise<ReadChange> {
  if (signal.aborted) throw new LockstepError('ABORTED');
  try {
    const outcomes = await client.changeAmidReads(change, reads, signal);
    const place = reads.before.length;
    const [before, changed, behind] = [outcomes.slice(0, place), outcomes[place], outcomes.slice(place + 1)];
    if (changed === undefined) throw schemaError('the batch came back empty');
    const answer = changed.ok ? read(changed.result) : readRejection(change.method, changed);
    return { answer, before, behind };
  } catch (thrown) {
    return { answer: readFailure(thrown), before: [], behind: [] };
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
