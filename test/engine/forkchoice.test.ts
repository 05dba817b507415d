import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { JsonObject } from '../../src/util/json.js';
import type { FakeEngine } from '../rig/fake-engine.js';
import { A, NEVER, startPair } from './fixture.js';

const ZERO = `0x${'0'.repeat(64)}`;
const NO_LABELS = { safe: null, finalized: null };
const TO_5 = forkchoice(A[5]!, NO_LABELS);
const TO_6 = forkchoice(A[6]!, NO_LABELS);

function versionsSent(fake: FakeEngine): string[] {
  return fake.calls.map((call) => call.method).filter((method) => method.startsWith('engine_forkchoiceUpdated'));
}

describe('forkchoiceUpdated', () => {
  it('carries three hashes of one chain and null attributes', async () => {
    const { fake, engine } = await startPair();
    await engine.applyForkchoice(forkchoice(A[5]!, { safe: A[4]!, finalized: A[2]! }), NEVER);
    expect(fake.callsOf('engine_forkchoiceUpdatedV3').map((call) => call.params)).toEqual([
      [{ headBlockHash: A[5]!.hash, safeBlockHash: A[4]!.hash, finalizedBlockHash: A[2]!.hash }, null],
    ]);
  });

  it('carries zero hashes for labels only when there are none', async () => {
    const { fake, engine } = await startPair();
    await engine.applyForkchoice(TO_5, NEVER);
    await engine.applyForkchoice(forkchoice(A[6]!, { safe: A[5]!, finalized: null }), NEVER);
    await engine.applyForkchoice(forkchoice(A[7]!, { safe: null, finalized: A[5]! }), NEVER);
    const sent = fake.callsOf('engine_forkchoiceUpdatedV3').map((call) => call.params[0] as JsonObject);
    expect(sent.map((state) => [state['safeBlockHash'], state['finalizedBlockHash']])).toEqual([
      [ZERO, ZERO],
      [ZERO, ZERO],
      [A[5]!.hash, A[5]!.hash],
    ]);
  });

  it.each([-32601, -38005])('falls back version by version on %d, and remembers the one that works', async (code) => {
    const { fake, engine } = await startPair();
    const refusal = { error: { code, message: 'unsupported' } };
    fake.script('engine_forkchoiceUpdatedV3', refusal);
    fake.script('engine_forkchoiceUpdatedV2', refusal);
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ effect: 'moved', attempts: 1 });
    expect(await engine.applyForkchoice(TO_6, NEVER)).toMatchObject({ effect: 'moved', attempts: 1 });
    expect(versionsSent(fake)).toEqual([
      'engine_forkchoiceUpdatedV3',
      'engine_forkchoiceUpdatedV2',
      'engine_forkchoiceUpdatedV1',
      'engine_forkchoiceUpdatedV1',
    ]);
  });

  it('is REJECTED with the first refusal when no version works', async () => {
    const { fake, engine } = await startPair();
    for (const version of [3, 2, 1]) {
      const error = { code: version === 3 ? -38005 : -32601, message: `no V${version}` };
      fake.script(`engine_forkchoiceUpdatedV${version}`, { error });
    }
    const { answer } = await engine.applyForkchoice(TO_5, NEVER);
    expect(answer).toMatchObject({ status: 'REJECTED', code: -38005 });
    expect(versionsSent(fake)).toHaveLength(3);
  });

  it('tries V3 again once the EL was identified anew', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_forkchoiceUpdatedV3', { error: { code: -38005, message: 'unsupported' } });
    await engine.applyForkchoice(TO_5, NEVER);
    await engine.identify(NEVER);
    await engine.applyForkchoice(TO_6, NEVER);
    expect(versionsSent(fake).at(-1)).toBe('engine_forkchoiceUpdatedV3');
  });

  it.each([-32602, -38002, -38003, -38006, -32603])('does not fall back on %d', async (code) => {
    const { fake, engine } = await startPair();
    fake.script('engine_forkchoiceUpdatedV3', { error: { code, message: 'no' } });
    await engine.applyForkchoice(TO_5, NEVER);
    expect(versionsSent(fake)).toEqual(['engine_forkchoiceUpdatedV3']);
  });
});
