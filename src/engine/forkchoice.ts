import type { Forkchoice } from '../chain/forkchoice.js';
import { LockstepError } from '../util/errors.js';
import { ZERO_HASH } from '../util/hex.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import { FIXED_REQUEST_ID, type RpcCall, requestText } from '../util/request-text.js';
import { readPayloadStatus, schemaError } from './answer.js';
import type { EngineClient, Reads } from './client.js';
import type { EngineAnswer } from './engine.js';
import { type ReadChange, sendChangeAmidReads, sendStateChange } from './state-change.js';

/**
 * V3 serves every fork while the attributes are null, because ELs check the version against the attributes alone. The
 * lower ones are for an EL that has no V3 yet, or refuses it.
 */
const VERSIONS = [3, 2, 1] as const;
const UNSUPPORTED_CODES: ReadonlySet<number> = new Set([-32601, -38005]);

/** Sends engine_forkchoiceUpdated in the highest version that the EL takes, which is found out once. */
export class ForkchoiceSender {
  readonly #client: EngineClient;
  #accepted: (typeof VERSIONS)[number] = 3;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Forgets what was found out: another version of the EL may serve the port now. */
  reset(): void {
    this.#accepted = 3;
  }

  /** `reads`: what the EL is asked in the same request, where it carries out a batch in order; null: nothing. */
  async send(fc: Forkchoice, reads: Reads | null, signal: AbortSignal): Promise<ReadChange> {
    const params = [forkchoiceState(fc), null];
    let refusal: ReadChange | undefined;
    for (const version of VERSIONS) {
      if (version > this.#accepted) continue;
      const call = { method: `engine_forkchoiceUpdatedV${version}`, params };
      const sent = await this.#send(call, reads, signal);
      if (sent.answer.status !== 'REJECTED' || !UNSUPPORTED_CODES.has(sent.answer.code)) {
        this.#accepted = version;
        return sent;
      }
      refusal ??= sent;
    }
    if (refusal === undefined) throw new LockstepError('INTERNAL', { detail: 'no forkchoice version was tried' });
    return refusal;
  }

  async #send(call: RpcCall, reads: Reads | null, signal: AbortSignal): Promise<ReadChange> {
    if (reads !== null) return sendChangeAmidReads(this.#client, call, reads, readForkchoiceResult, signal);
    const change = { method: call.method, request: requestText(FIXED_REQUEST_ID, call) };
    const answer = await sendStateChange(this.#client, change, readForkchoiceResult, signal);
    return { answer, before: [], behind: [] };
  }
}

/** ForkchoiceStateV1 (execution-apis, engine/paris.md). The zero hash leaves a label as it is. */
function forkchoiceState({ head, labels }: Forkchoice): JsonValue {
  return {
    headBlockHash: head.hash,
    safeBlockHash: labels?.safe.hash ?? ZERO_HASH,
    finalizedBlockHash: labels?.finalized.hash ?? ZERO_HASH,
  };
}

function readForkchoiceResult(result: JsonValue): EngineAnswer {
  if (!isJsonObject(result)) throw schemaError('the forkchoice result is not an object');
  return readPayloadStatus(result['payloadStatus']);
}
