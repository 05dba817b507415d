import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readBatch, readHexResult, readReply } from '../../src/util/envelope.js';
import { LockstepError } from '../../src/util/errors.js';

const bytes = (text: string): Buffer => Buffer.from(text);

function thrownCode(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LockstepError) return error.code;
    throw error;
  }
  return 'nothing';
}

/** The hex text that a reply was found to hold: undefined for null, the code for an error object. */
function hexOf(text: string): string | number | null {
  const outcome = readHexResult('SOURCE', bytes(text), 1);
  if (!outcome.ok) return outcome.code;
  return outcome.hex === null ? null : outcome.hex.text.toString('latin1', outcome.hex.start, outcome.hex.end);
}

/** Replies that are not the reply to call 1, with the reason. */
const BROKEN: readonly [string, string, string][] = [
  ['has another id', '{"jsonrpc":"2.0","id":2,"result":"0x12"}', 'SCHEMA'],
  ['has its id as a string', '{"jsonrpc":"2.0","id":"1","result":"0x12"}', 'SCHEMA'],
  ['has no id', '{"jsonrpc":"2.0","result":"0x12"}', 'SCHEMA'],
  ['has a null id', '{"jsonrpc":"2.0","id":null,"result":"0x12"}', 'SCHEMA'],
  ['is of another version', '{"jsonrpc":"1.0","id":1,"result":"0x12"}', 'SCHEMA'],
  ['has no version', '{"id":1,"result":"0x12"}', 'SCHEMA'],
  ['has result and error', '{"jsonrpc":"2.0","id":1,"result":"0x12","error":{"code":1,"message":""}}', 'SCHEMA'],
  ['has result and a null error', '{"jsonrpc":"2.0","id":1,"result":"0x12","error":null}', 'SCHEMA'],
  ['has neither', '{"jsonrpc":"2.0","id":1}', 'SCHEMA'],
  ['has a result only as a prototype', '{"jsonrpc":"2.0","id":1,"__proto__":{"result":"0x12"}}', 'SCHEMA'],
  ['has a result only further in', '{"jsonrpc":"2.0","id":1,"x":{"result":"0x12"}}', 'SCHEMA'],
  ['has an error of text', '{"jsonrpc":"2.0","id":1,"error":"no"}', 'SCHEMA'],
  ['has an error without a code', '{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}', 'SCHEMA'],
  ['has an error with half a code', '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"no"}}', 'SCHEMA'],
  ['has an error code beyond numbers', '{"jsonrpc":"2.0","id":1,"error":{"code":1e400,"message":"no"}}', 'SCHEMA'],
  ['has an error without a message', '{"jsonrpc":"2.0","id":1,"error":{"code":1}}', 'SCHEMA'],
  ['is an array', '[{"jsonrpc":"2.0","id":1,"result":"0x12"}]', 'SCHEMA'],
  ['is null', 'null', 'SCHEMA'],
  ['is cut', '{"jsonrpc":"2.0","id":1,"result":"0x12"', 'BAD_BODY'],
  ['is cut within its result', '{"jsonrpc":"2.0","id":1,"result":"0x12', 'BAD_BODY'],
  ['is two', '{"jsonrpc":"2.0","id":1,"result":"0x12"}{}', 'BAD_BODY'],
  ['is empty', '', 'BAD_BODY'],
];

describe('a reply', () => {
  it.each(BROKEN)('is refused when it %s', (_, text, code) => {
    expect(thrownCode(() => readReply('SOURCE', bytes(text), 1))).toBe(`SOURCE_${code}`);
    expect(thrownCode(() => readReply('ENGINE', bytes(text), 1))).toBe(`ENGINE_${code}`);
    expect(thrownCode(() => readHexResult('SOURCE', bytes(text), 1))).toBe(`SOURCE_${code}`);
  });

  it('may be a null result', () => {
    expect(readReply('SOURCE', bytes('{"jsonrpc":"2.0","id":1,"result":null}'), 1)).toEqual({ ok: true, result: null });
  });

  it.each(['"id":1,', '"id":null,', ''])('may be an error with %s for an id', (id) => {
    const text = `{"jsonrpc":"2.0",${id}"error":{"code":-32700,"message":"what?"}}`;
    expect(readReply('SOURCE', bytes(text), 1)).toEqual({ ok: false, code: -32700, message: 'what?' });
  });

  it('is read however deep it nests, and however it names its fields', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const text = `{"jsonrpc":"2.0","id":1,"__proto__":{"polluted":1},"result":{"a":${deep},"__proto__":{"polluted":1}}}`;
    expect(readReply('SOURCE', bytes(text), 1).ok).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keeps text beyond ASCII in a message', () => {
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"größe"}}';
    expect(readReply('SOURCE', bytes(text), 1)).toEqual({ ok: false, code: 1, message: 'größe' });
  });
});

describe('a batch reply', () => {
  it('is no JSON when it is cut', () => {
    expect(thrownCode(() => readBatch('ENGINE', bytes('[{"jsonrpc":"2.0"'), 1, 2))).toBe('ENGINE_BAD_BODY');
  });

  it('is refused with one broken reply in it', () => {
    const text = '[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2}]';
    expect(thrownCode(() => readBatch('ENGINE', bytes(text), 1, 2))).toBe('ENGINE_SCHEMA');
  });

  it('of one call may be its error', () => {
    const text = '[{"jsonrpc":"2.0","id":4,"error":{"code":7,"message":"no"}}]';
    expect(readBatch('ENGINE', bytes(text), 4, 1)).toEqual([{ ok: false, code: 7, message: 'no' }]);
  });
});

describe('a hex result', () => {
  it.each([
    ['as geth writes it', '{"jsonrpc":"2.0","id":1,"result":"0xc0ffee"}\n', 'c0ffee'],
    ['with the result first', '{"result":"0xc0ffee","id":1,"jsonrpc":"2.0"}', 'c0ffee'],
    ['with white space', ' {\n"jsonrpc" : "2.0",\t"result" :\r\n "0xc0ffee" , "id" : 1 } ', 'c0ffee'],
    ['with more fields', '{"jsonrpc":"2.0","id":1,"node":"a\\"b","result":"0xc0ffee","took":{"ms":1}}', 'c0ffee'],
    ['with a long field', `{"jsonrpc":"2.0","id":1,"x":"${'y'.repeat(9000)}","result":"0xc0ffee"}`, 'c0ffee'],
    ['with "result" as text too', '{"jsonrpc":"2.0","x":"result","id":1,"result":"0xc0ffee"}', 'c0ffee'],
    ['with another result further in', '{"jsonrpc":"2.0","id":1,"x":{"result":"0x12"},"result":"0xc0ffee"}', 'c0ffee'],
    ['without bytes', '{"jsonrpc":"2.0","id":1,"result":"0x"}', ''],
    ['that is null', '{"jsonrpc":"2.0","id":1,"result":null}', null],
    ['that is an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"block not found"}}', -32000],
  ])('is found %s', (_, text, expected) => {
    expect(hexOf(text)).toBe(expected);
  });

  it.each([
    ['twice, the second last', '{"jsonrpc":"2.0","id":1,"result":"0x12","result":"0xc0ffee"}', 'c0ffee'],
    ['twice, the last empty', '{"jsonrpc":"2.0","id":1,"result":"0x12","result":"0x"}', ''],
    ['twice, the last null', '{"jsonrpc":"2.0","id":1,"result":"0x12","result":null}', null],
    ['twice, the last with an escape', '{"jsonrpc":"2.0","id":1,"result":"0x12","re\\u0073ult":"0xff"}', 'ff'],
  ])('is read as JSON reads it when it is there %s', (_, text, expected) => {
    expect(hexOf(text)).toBe(expected);
  });

  it.each([
    ['a number', '12'],
    ['an object', '{"result":"0x12"}'],
    ['text', '"12"'],
    ['empty text', '""'],
    ['half a byte', '"0x123"'],
    ['empty text and more', '"","result":""'],
    ['an array', '["0x12"]'],
  ])('is refused when it is %s', (_, result) => {
    expect(thrownCode(() => hexOf(`{"jsonrpc":"2.0","id":1,"result":${result}}`))).toBe('SOURCE_SCHEMA');
  });

  it('points into the reply itself when that is plain', () => {
    const body = bytes(`{"jsonrpc":"2.0","id":1,"result":"0x${'ab'.repeat(1_000_000)}"}`);
    const outcome = readHexResult('SOURCE', body, 1);
    if (!outcome.ok) throw new Error('a result was expected');
    expect(outcome.hex?.text).toBe(body);
    expect([outcome.hex?.start, outcome.hex?.end]).toEqual([36, 2_000_036]);
  });

  it('is what JSON.parse finds, in any order of any fields', () => {
    const names = fc.constantFrom('jsonrpc', 'id', 'result', 'error', 'x', '__proto__', 'res\\u0075lt');
    const values = fc.constantFrom(
      '"2.0"',
      '1',
      '2',
      '"0x"',
      '"0xab"',
      '"0xcd"',
      '""',
      'null',
      '{"result":"0xef"}',
      '"\\"result\\":\\"0x99\\""',
    );
    const space = fc.constantFrom('', ' ', '\n\t');
    const field = fc.tuple(names, values, space).map(([name, value, gap]) => `"${name}"${gap}:${gap}${value}${gap}`);
    const fields = fc.array(field, { maxLength: 6 });
    const valid = fc.constantFrom(['"jsonrpc":"2.0"', '"id":1'], ['"id":1', '"jsonrpc":"2.0"', '"result":"0xab"'], []);
    fc.assert(
      fc.property(fields, valid, fields, (before, middle, after) => {
        const text = `{${[...before, ...middle, ...after].join(',')}}`;
        expect(outcomeOf(() => hexOf(text))).toEqual(outcomeOf(() => hexByParsing(text)));
      }),
      { numRuns: 5_000 },
    );
  });
});

function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof LockstepError ? error.code : error;
  }
}

/** What the reply says by the plain reading of the whole. */
function hexByParsing(text: string): string | number | null {
  const outcome = readReply('SOURCE', bytes(text), 1);
  if (!outcome.ok) return outcome.code;
  const { result } = outcome;
  if (result === null) return null;
  if (typeof result === 'string' && result.startsWith('0x') && result.length % 2 === 0) return result.slice(2);
  throw new LockstepError('SOURCE_SCHEMA');
}
