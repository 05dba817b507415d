import { LockstepError } from '../util/errors.js';
import type { JsonValue } from '../util/json.js';
import { schemaError } from './answer.js';

/**
 * What lockstep calls. engine_exchangeCapabilities must not name itself (execution-apis, engine/common.md), and
 * engine_getBlobsV4 must stay out: sending it switches geth to cell mode.
 */
export const OUR_METHODS = [
  'engine_newPayloadV2',
  'engine_newPayloadV3',
  'engine_newPayloadV4',
  'engine_forkchoiceUpdatedV1',
  'engine_forkchoiceUpdatedV2',
  'engine_forkchoiceUpdatedV3',
  'engine_getPayloadBodiesByHashV1',
  'engine_getClientVersionV1',
] as const;

/** Listed by op-geth and op-reth only: it tells op-geth, which calls itself go-ethereum, from geth. */
export const OP_STACK_METHOD = 'engine_signalSuperchainV1';

/** No method of the Engine API: the ethereumjs client lists it, and tells no version (engines 11). */
export const ETHEREUMJS_METHOD = 'engine_newPayload';

const KNOWN_METHODS: ReadonlySet<string> = new Set([...OUR_METHODS, OP_STACK_METHOD, ETHEREUMJS_METHOD]);

const NEEDED = [
  { what: 'engine_newPayloadV2 or later', family: /^engine_newPayloadV\d+$/, usable: /V([2-9]|\d\d)$/ },
  { what: 'engine_forkchoiceUpdatedV1, V2 or V3', family: /^engine_forkchoiceUpdatedV\d+$/, usable: /V[123]$/ },
] as const;

/**
 * The names lockstep knows out of the list that the EL answered.
 * @throws LockstepError ENGINE_SCHEMA when the answer is not a list of names; ENGINE_CAPABILITY when the EL names
 * methods of a needed family and none of them will do. A family that is not named at all proves nothing: the list is
 * a hint, and some clients do not list what they serve.
 */
export function readCapabilities(answer: JsonValue): readonly string[] {
  if (!Array.isArray(answer) || !answer.every((name) => typeof name === 'string')) {
    throw schemaError('engine_exchangeCapabilities did not answer a list of names');
  }
  for (const { what, family, usable } of NEEDED) {
    const listed = answer.filter((name) => family.test(name));
    if (listed.length > 0 && !listed.some((name) => usable.test(name))) {
      throw new LockstepError('ENGINE_CAPABILITY', { detail: `the EL does not list ${what}` });
    }
  }
  return answer.filter((name) => KNOWN_METHODS.has(name));
}
