import type { Payload } from '../payload/payload.js';
import { readPayloadStatus } from './answer.js';
import type { EngineClient } from './client.js';
import type { EngineAnswer } from './engine.js';
import { sendStateChange } from './state-change.js';

/** Sends a payload in the version its header fields call for; its JSON text goes out as it is, uncopied. */
export function sendNewPayload(client: EngineClient, payload: Payload, signal: AbortSignal): Promise<EngineAnswer> {
  const method = `engine_newPayloadV${payload.version}`;
  return sendStateChange(client, { method, request: payload.request }, readPayloadStatus, signal);
}
