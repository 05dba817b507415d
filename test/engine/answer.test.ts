import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { JsonValue } from '../../src/util/json.js';
import { type FakeAnswer, type FakeFault, payloadStatus } from '../rig/fake-engine.js';
import { A, connect, NEVER, payloadOf, startPair } from './fixture.js';

const HASH = A[3]!.hash;
const NO_LABELS = { safe: null, finalized: null };

/** The answer without texts: the status, and the number, hash or error code that comes with it. */
function brief(answer: EngineAnswer): string {
  if ('error' in answer) return `${answer.status} ${answer.error.code}`;
  if ('code' in answer) return `${answer.status} ${answer.code}`;
  if ('latestValidHash' in answer) return `${answer.status} ${answer.latestValidHash}`;
  return answer.status;
}

const STATUSES: readonly (readonly [what: string, status: JsonValue, expected: string])[] = [
  ['VALID', payloadStatus('VALID', HASH), 'VALID'],
  ['VALID with the optional fields left out', { status: 'VALID' }, 'VALID'],
  ['SYNCING', payloadStatus('SYNCING', null), 'SYNCING'],
  ['ACCEPTED', payloadStatus('ACCEPTED', null), 'ACCEPTED'],
  ['INVALID after a known block', payloadStatus('INVALID', HASH, 'bad root'), `INVALID ${HASH}`],
  ['INVALID with upper-case hex', payloadStatus('INVALID', HASH.replace('a', 'A')), `INVALID ${HASH}`],
  ['INVALID after no known block', payloadStatus('INVALID', null, 'bad hash'), 'INVALID null'],
  ['INVALID_BLOCK_HASH', payloadStatus('INVALID_BLOCK_HASH', HASH), 'INVALID null'],
  ['an unknown status', payloadStatus('PERHAPS', null), 'UNKNOWN ENGINE_SCHEMA'],
  ['a lower-case status', payloadStatus('valid', null), 'UNKNOWN ENGINE_SCHEMA'],
  ['no status', { latestValidHash: null }, 'UNKNOWN ENGINE_SCHEMA'],
  ['a status that is an object', { status: { VALID: true } }, 'UNKNOWN ENGINE_SCHEMA'],
  ['a short latestValidHash', payloadStatus('INVALID', '0x12'), 'UNKNOWN ENGINE_SCHEMA'],
  ['a latestValidHash that is a number', { status: 'VALID', latestValidHash: 5 }, 'UNKNOWN ENGINE_SCHEMA'],
  ['a validationError that is no text', { status: 'INVALID', validationError: [] }, 'UNKNOWN ENGINE_SCHEMA'],
  ['null', null, 'UNKNOWN ENGINE_SCHEMA'],
  ['a list', [], 'UNKNOWN ENGINE_SCHEMA'],
  ['a bare text', 'VALID', 'UNKNOWN ENGINE_SCHEMA'],
];

const ERRORS: readonly (readonly [code: number, expected: string])[] = [
  [-38002, 'REJECTED -38002'],
  [-38003, 'REJECTED -38003'],
  [-38006, 'REJECTED -38006'],
  [-32602, 'REJECTED -32602'],
  [-32603, 'REJECTED -32603'],
  [-32000, 'REJECTED -32000'],
  // geth: its own deadline for the reply is over, and the work goes on.
  [-32002, 'UNKNOWN ENGINE_TIMEOUT'],
];

const status = (code: number, body = '', headers = {}): FakeFault => ({ kind: 'status', status: code, body, headers });
const wrap = (parts: JsonValue): FakeFault => ({ kind: 'body', body: JSON.stringify(parts) });
const error = { code: -32000, message: 'x' };
const id = 1;

const FAULTS: readonly (readonly [what: string, faults: readonly FakeFault[], expected: string])[] = [
  ['401 again and again', [status(401, 'stale token'), status(401, 'stale token')], 'UNSENT ENGINE_AUTH'],
  ['403', [status(403, 'invalid host specified')], 'UNSENT ENGINE_FORBIDDEN'],
  ['413 with a body', [status(413, 'http: request body too large')], 'UNSENT ENGINE_OVERSIZE'],
  ['413 without a body', [status(413)], 'UNSENT ENGINE_OVERSIZE'],
  ['a redirect', [status(307, '', { location: 'http://127.0.0.1:1/' })], 'UNKNOWN ENGINE_BAD_BODY'],
  ['500', [status(500, 'oops')], 'UNKNOWN ENGINE_BAD_BODY'],
  ['502 with HTML', [status(502, '<html>')], 'UNKNOWN ENGINE_BAD_BODY'],
  [
    'a reset before the call took effect',
    [{ kind: 'lost', how: 'reset', applied: false }],
    'UNKNOWN ENGINE_UNREACHABLE',
  ],
  ['a reset after the call took effect', [{ kind: 'lost', how: 'reset', applied: true }], 'UNKNOWN ENGINE_UNREACHABLE'],
  ['an empty body', [{ kind: 'body', body: '' }], 'UNKNOWN ENGINE_BAD_BODY'],
  ['HTML', [{ kind: 'body', body: '<html>' }], 'UNKNOWN ENGINE_BAD_BODY'],
  ['truncated JSON', [{ kind: 'body', body: '{"jsonrpc":"2.0","id":1,"resu' }], 'UNKNOWN ENGINE_BAD_BODY'],
  ['a list', [wrap([])], 'UNKNOWN ENGINE_SCHEMA'],
  ['neither result nor error', [wrap({ jsonrpc: '2.0', id })], 'UNKNOWN ENGINE_SCHEMA'],
  ['both result and error', [wrap({ jsonrpc: '2.0', id, result: null, error })], 'UNKNOWN ENGINE_SCHEMA'],
  [
    'the reply to another call',
    [wrap({ jsonrpc: '2.0', id: 99, result: payloadStatus('VALID', HASH) })],
    'UNKNOWN ENGINE_SCHEMA',
  ],
  [
    'an error code that is a text',
    [wrap({ jsonrpc: '2.0', id, error: { code: '-38002', message: '' } })],
    'UNKNOWN ENGINE_SCHEMA',
  ],
];

async function answerToPayload(prepare: { answer?: FakeAnswer; faults?: readonly FakeFault[] }): Promise<EngineAnswer> {
  const { fake, engine } = await startPair();
  if (prepare.answer !== undefined) fake.script('engine_newPayloadV3', prepare.answer);
  fake.fault('engine_newPayloadV3', ...(prepare.faults ?? []));
  return engine.newPayload(payloadOf(A[5]!), NEVER);
}

async function answerToForkchoice(prepare: {
  answer?: FakeAnswer;
  faults?: readonly FakeFault[];
}): Promise<EngineAnswer> {
  const { fake, engine } = await startPair({ repeatDelaysMs: [] });
  if (prepare.answer !== undefined) fake.script('engine_forkchoiceUpdatedV3', prepare.answer);
  fake.fault('engine_forkchoiceUpdatedV3', ...(prepare.faults ?? []));
  return (await engine.applyForkchoice(forkchoice(A[5]!, NO_LABELS), NEVER)).answer;
}

describe('the answer to newPayload', () => {
  it.each(STATUSES)('with %s', async (_what, result, expected) => {
    expect(brief(await answerToPayload({ answer: { result } }))).toBe(expected);
  });

  it.each(ERRORS)('with the error code %d is %s', async (code, expected) => {
    expect(brief(await answerToPayload({ answer: { error: { code, message: 'x' } } }))).toBe(expected);
  });

  it.each(FAULTS)('with %s', async (_what, faults, expected) => {
    expect(brief(await answerToPayload({ faults }))).toBe(expected);
  });

  // The texts of real ELs (engines-measured 1.10, 2.D, 2.E, 3.6, 4; engines 5, 16.6).
  it.each<[verdictOn: string, latestValidHash: string | null, validationError: string]>([
    ['block', HASH, 'invalid merkle root (remote: 01 local: 02)'],
    ['block', HASH, 'links to previously rejected block'],
    ['block', HASH, 'invalid gas used (remote: 1 local: 2)'],
    ['form', null, 'blockhash mismatch, want 01, got 02'],
    ['form', null, 'block hash mismatch: want 0x01, got 0x02'],
    ['form', HASH, 'block hash mismatch: want 0x01, got 0x02'],
    ['form', null, 'invalid transaction 0: transaction type not supported'],
    ['form', null, 'invalid number of versionedHashes: [] blobHashes: [0x01]'],
    ['form', HASH, 'nil withdrawalsRoot post-Isthmus'],
    ['state', HASH, 'missing trie node 01 (path ) layer stale'],
    ['state', null, 'layer stale'],
    ['state', HASH, 'Parent world state root 0x01 is not available'],
    ['state', HASH, 'the append operation is out-order: have 16 want 17'],
  ])('is a verdict on the %s after %s with "%s"', async (verdictOn, latestValidHash, validationError) => {
    const result = payloadStatus('INVALID', latestValidHash, validationError);
    expect(await answerToPayload({ answer: { result } })).toMatchObject({ status: 'INVALID', verdictOn });
  });

  it('escapes and caps the reason that the EL gives', async () => {
    const result = payloadStatus('INVALID', null, `\u001b[2J${'x'.repeat(10_000)}`);
    const answer = await answerToPayload({ answer: { result } });
    expect(answer).toMatchObject({ reason: expect.stringMatching(/^\\u001b\[2Jx+\.\.\.$/) });
    expect(JSON.stringify(answer).length).toBeLessThan(400);
    const rejected = await answerToPayload({ answer: { error: { code: -38002, message: 'a\nb' } } });
    expect(rejected).toMatchObject({ reason: expect.stringContaining('a\\u000ab') });
  });
});

describe('the answer to forkchoiceUpdated', () => {
  it.each(STATUSES)('with %s', async (_what, payloadStatusSent, expected) => {
    const answer = { result: { payloadStatus: payloadStatusSent, payloadId: null } };
    expect(brief(await answerToForkchoice({ answer }))).toBe(expected);
  });

  it.each(ERRORS)('with the error code %d is %s', async (code, expected) => {
    expect(brief(await answerToForkchoice({ answer: { error: { code, message: 'x' } } }))).toBe(expected);
  });

  it.each(FAULTS)('with %s', async (_what, faults, expected) => {
    expect(brief(await answerToForkchoice({ faults }))).toBe(expected);
  });

  it.each([[null], ['VALID'], [payloadStatus('VALID', HASH)]])('with the result %j is unknown', async (result) => {
    expect(brief(await answerToForkchoice({ answer: { result } }))).toBe('UNKNOWN ENGINE_SCHEMA');
  });
});

describe('without an EL', () => {
  it('a refused connection is UNSENT for both calls, and nothing could be read back', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const engine = connect(`http://127.0.0.1:${port}`);
    expect(brief(await engine.newPayload(payloadOf(A[5]!), NEVER))).toBe('UNSENT ENGINE_UNREACHABLE');
    const applied = await engine.applyForkchoice(forkchoice(A[5]!, NO_LABELS), NEVER);
    expect(brief(applied.answer)).toBe('UNSENT ENGINE_UNREACHABLE');
    expect(applied).toMatchObject({ effect: 'unread', heads: null, attempts: 1 });
  });

  it('a deadline that passes is UNKNOWN, although the EL did what was asked', async () => {
    const { fake, engine } = await startPair({ timeoutMs: 200 });
    fake.fault('engine_newPayloadV3', { kind: 'lost', how: 'hang', applied: true });
    expect(brief(await engine.newPayload(payloadOf(A[5]!), NEVER))).toBe('UNKNOWN ENGINE_TIMEOUT');
    expect(fake.callsOf('engine_newPayloadV3')).toHaveLength(1);
  });

  it('no state-changing call is repeated after a reset', async () => {
    const { fake, engine } = await startPair();
    await engine.heads(NEVER);
    fake.fault('engine_newPayloadV3', { kind: 'lost', how: 'reset', applied: false });
    await engine.newPayload(payloadOf(A[5]!), NEVER);
    expect(fake.callsOf('engine_newPayloadV3')).toHaveLength(1);
  });
});
