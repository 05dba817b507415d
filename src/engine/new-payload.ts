import type { Payload } from '../payload/payload.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { RpcOutcome } from '../util/envelope.js';
import { LockstepError } from '../util/errors.js';
import { FIXED_REQUEST_ID, requestStart } from '../util/request-text.js';
import { readFailure, readPayloadStatus, readRejection } from './answer.js';
import type { EngineClient } from './client.js';
import type { EngineAnswer } from './engine.js';
import { sendStateChange } from './state-change.js';

/** Sends a payload in the version its header fields call for; its JSON text goes out as it is, uncopied. */
export function sendNewPayload(client: EngineClient, payload: Payload, signal: AbortSignal): Promise<EngineAnswer> {
  const method = methodOf(payload);
  return sendStateChange(client, { method, request: payload.request }, readPayloadStatus, signal);
}

/**
 * Sends payloads in one batch, once. What fails as a whole is the answer for each of them.
 * @throws LockstepError ABORTED when the signal had aborted: then nothing was sent
 */
export async function sendNewPayloads(
  client: EngineClient,
  payloads: readonly Payload[],
  signal: AbortSignal,
): Promise<readonly EngineAnswer[]> {
  if (signal.aborted) throw new LockstepError('ABORTED');
  const body = batchOf(payloads);
  try {
    const outcomes = await client.changeAll(
      { body, firstId: FIXED_REQUEST_ID, methods: payloads.map(methodOf) },
      signal,
    );
    // The EL has read what it answered; after any failure parts of it may still be on the way.
    LARGE_BUFFERS.giveBack(body);
    return outcomes.map((outcome, index) => readOutcome(outcome, payloads[index]));
  } catch (thrown) {
    const answer = readFailure(thrown);
    return payloads.map(() => answer);
  }
}

function methodOf({ version }: Pick<Payload, 'version'>): string {
  return `engine_newPayloadV${version}`;
}

const ARRAY_START = 0x5b;
const ARRAY_END = 0x5d;
const COMMA = 0x2c;

/** The requests as one JSON array, each with an id of its own from FIXED_REQUEST_ID on. */
function batchOf(payloads: readonly Payload[]): Buffer {
  const skip = requestStart(FIXED_REQUEST_ID).length;
  const starts = payloads.map((_, index) => requestStart(FIXED_REQUEST_ID + index));
  const sizes = payloads.map(({ request }, index) => (starts[index]?.length ?? 0) + request.length - skip + 1);
  const body = LARGE_BUFFERS.take(sizes.reduce((sum, size) => sum + size, 1));
  let at = 0;
  payloads.forEach(({ request }, index) => {
    body[at++] = index === 0 ? ARRAY_START : COMMA;
    at += body.write(starts[index] ?? '', at, 'latin1');
    at += request.copy(body, at, skip);
  });
  body[at] = ARRAY_END;
  return body;
}

function readOutcome(outcome: RpcOutcome, payload: Payload | undefined): EngineAnswer {
  if (!outcome.ok) return readRejection(payload === undefined ? 'newPayload' : methodOf(payload), outcome);
  try {
    return readPayloadStatus(outcome.result);
  } catch (thrown) {
    return readFailure(thrown);
  }
}
