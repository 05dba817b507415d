import type { JsonObject } from '../../src/util/json.js';
import { answering, type Script } from '../rig/http-server.js';

/** An answer of follow_status with nothing in it, but for the change. */
export function status(change: JsonObject): JsonObject {
  return {
    ...{ version: '1', state: 'starting', ready: false, meaning: 'a meaning', stateSeconds: 0, elSession: 0 },
    ...{ blocksPerSecond: 0, lastEvent: 0, dryRun: false, ...change },
  };
}

/** A lockstep that answers this, whoever asks. */
export function told(followStatus: JsonObject, followEvents: JsonObject = { events: [] }): Script {
  return answering(({ method }) => ({ result: method === 'follow_status' ? followStatus : followEvents }));
}
