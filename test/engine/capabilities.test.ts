import { describe, expect, it } from '@jest/globals';
import { OUR_METHODS, readCapabilities } from '../../src/engine/capabilities.js';
import { LockstepError } from '../../src/util/errors.js';
import type { JsonValue } from '../../src/util/json.js';

function codeOf(answer: JsonValue): string {
  try {
    readCapabilities(answer);
    return 'none';
  } catch (error) {
    return error instanceof LockstepError ? error.code : 'not a LockstepError';
  }
}

describe('the list of capabilities', () => {
  it('names what we call, and neither engine_exchangeCapabilities nor what switches geth to cell mode', () => {
    expect(OUR_METHODS).not.toContain('engine_exchangeCapabilities');
    expect(OUR_METHODS.filter((name) => name.startsWith('engine_getBlobs'))).toEqual([]);
    expect(OUR_METHODS).toContain('engine_newPayloadV4');
  });

  it('is reduced to the names we know', () => {
    const listed = ['engine_newPayloadV3', 'engine_forkchoiceUpdatedV3', 'engine_signalSuperchainV1', 'engine_magicV9'];
    expect(readCapabilities(listed)).toEqual(listed.slice(0, 3));
  });

  it.each<[string, JsonValue, string]>([
    ['nothing at all', [], 'none'],
    ['no method that we need, which proves nothing', ['engine_getPayloadV3'], 'none'],
    ['newPayload from V2 on', ['engine_newPayloadV2', 'engine_forkchoiceUpdatedV3'], 'none'],
    ['newPayload V1 alone', ['engine_newPayloadV1', 'engine_forkchoiceUpdatedV3'], 'ENGINE_CAPABILITY'],
    ['newPayload V1 and a look-alike', ['engine_newPayloadV1', 'engine_newPayloadWithWitnessV3'], 'ENGINE_CAPABILITY'],
    ['forkchoice V4 alone', ['engine_newPayloadV4', 'engine_forkchoiceUpdatedV4'], 'ENGINE_CAPABILITY'],
    ['forkchoice V1 alone', ['engine_newPayloadV4', 'engine_forkchoiceUpdatedV1'], 'none'],
    ['an object', { engine_newPayloadV4: true }, 'ENGINE_SCHEMA'],
    ['a list with a number in it', ['engine_newPayloadV4', 4], 'ENGINE_SCHEMA'],
    ['null', null, 'ENGINE_SCHEMA'],
  ])('with %s', (_what, answer, code) => {
    expect(codeOf(answer)).toBe(code);
  });
});
