import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { LockstepError } from '../../src/util/errors.js';
import type { LogFormat } from '../../src/util/log-format.js';
import { createLogger, LOG_LEVELS, type Logger, type LogOptions } from '../../src/util/log.js';

const NOW = Date.UTC(2026, 10, 20, 12, 34, 56, 789);

function logged(options: Partial<LogOptions>, use: (logger: Logger) => void): string {
  let text = '';
  const sink = { write: (line: string) => void (text += line) };
  use(createLogger({ level: 'trace', format: 'json', color: false, pid: false, ...options }, sink, () => NOW));
  return text;
}

function jsonOf(fields: object): Record<string, unknown> {
  return JSON.parse(logged({}, (logger) => logger.info(fields, 'm'))) as Record<string, unknown>;
}

const ESC = '\u001b';
const CONNECTION = new LockstepError('SOURCE_UNREACHABLE', {
  detail: 'https://source.example',
  data: { attempt: 3 },
  cause: Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }),
});

const LINES: Readonly<Record<LogFormat, readonly string[]>> = {
  text: [
    'INFO  [11-20|12:34:56.789] Following',
    'INFO  [11-20|12:34:56.789] Block inserted                           number=12 hash=0xabcd wei=123456789012345678901',
    'WARN  [11-20|12:34:56.789] Source failed                            err="no connection to the source: https://source.example" err_code=SOURCE_UNREACHABLE err_attempt=3 err_cause="ECONNREFUSED: connect failed"',
    'CRIT  [11-20|12:34:56.789] Stopping                                 remote="a \\"quoted\\" \\u001b[31mword" empty="" list="[1,\\"b\\"]"',
  ],
  terminal: [
    `${ESC}[32mINFO ${ESC}[39m [11-20|12:34:56.789] Following`,
    `${ESC}[32mINFO ${ESC}[39m [11-20|12:34:56.789] Block inserted                           number=12 hash=0xabcd wei=123456789012345678901`,
    `${ESC}[33mWARN ${ESC}[39m [11-20|12:34:56.789] Source failed                            err="no connection to the source: https://source.example" err_code=SOURCE_UNREACHABLE err_attempt=3 err_cause="ECONNREFUSED: connect failed"`,
    `${ESC}[35mCRIT ${ESC}[39m [11-20|12:34:56.789] Stopping                                 remote="a \\"quoted\\" \\u001b[31mword" empty="" list="[1,\\"b\\"]"`,
  ],
  logfmt: [
    't=2026-11-20T12:34:56.789Z lvl=info msg=Following',
    't=2026-11-20T12:34:56.789Z lvl=info msg="Block inserted" number=12 hash=0xabcd wei=123456789012345678901',
    't=2026-11-20T12:34:56.789Z lvl=warn msg="Source failed" err="no connection to the source: https://source.example" err_code=SOURCE_UNREACHABLE err_attempt=3 err_cause="ECONNREFUSED: connect failed"',
    't=2026-11-20T12:34:56.789Z lvl=crit msg=Stopping remote="a \\"quoted\\" \\u001b[31mword" empty="" list="[1,\\"b\\"]"',
  ],
  json: [
    '{"t":"2026-11-20T12:34:56.789Z","lvl":"info","msg":"Following"}',
    '{"t":"2026-11-20T12:34:56.789Z","lvl":"info","msg":"Block inserted","number":12,"hash":"0xabcd","wei":"123456789012345678901"}',
    '{"t":"2026-11-20T12:34:56.789Z","lvl":"warn","msg":"Source failed","err":"no connection to the source: https://source.example","err_code":"SOURCE_UNREACHABLE","err_attempt":3,"err_cause":"ECONNREFUSED: connect failed"}',
    '{"t":"2026-11-20T12:34:56.789Z","lvl":"crit","msg":"Stopping","remote":"a \\"quoted\\" \\\\u001b[31mword","empty":"","list":[1,"b"]}',
  ],
};

describe('a log line', () => {
  it.each(Object.keys(LINES) as LogFormat[])('has the documented form in %s', (format) => {
    const text = logged({ format, color: format === 'terminal' }, (logger) => {
      logger.info('Following');
      logger.info({ number: 12, hash: '0xabcd', wei: 123456789012345678901n }, 'Block inserted');
      logger.warn({ err: CONNECTION }, 'Source failed');
      logger.fatal({ remote: `a "quoted" ${ESC}[31mword`, empty: '', list: [1, 'b'] }, 'Stopping');
    });
    expect(text).toBe(`${LINES[format].join('\n')}\n`);
  });

  it('carries the process id and the fields of a child logger when asked to', () => {
    const text = logged({ format: 'logfmt', pid: true }, (logger) => {
      logger.child({ room: 'follow', session: 2 }).info({ a: 1 }, 'm');
    });
    expect(text).toBe(`t=2026-11-20T12:34:56.789Z lvl=info msg=m pid=${process.pid} room=follow session=2 a=1\n`);
  });

  it.each(LOG_LEVELS)('at or above the level %s is written, and no other', (level) => {
    const text = logged({ level }, (logger) => {
      logger.trace('m');
      logger.debug('m');
      logger.info('m');
      logger.warn('m');
      logger.error('m');
      logger.fatal('m');
    });
    const levels = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { lvl: string }).lvl);
    expect(levels).toEqual(LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)));
  });
});

describe('the fields of a log line', () => {
  it.each(['text', 'terminal', 'logfmt', 'json'] as const)('cannot break or recolour a %s line', (format) => {
    const hostile = `x\r\nINFO fake${ESC}[2J\u0085\u2028\u202e\u0000`;
    const text = logged({ format, color: false }, (logger) => {
      logger.info({ remote: hostile, other: hostile, nested: { deep: [hostile] }, err: new Error(hostile) }, hostile);
      logger.error(new Error(hostile));
    });
    expect(text.split('\n')).toHaveLength(3);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
  });

  it('cut the text of another machine at 200 characters and any other at 2000', () => {
    const long = 'y'.repeat(5000);
    const line = jsonOf({ remote: long, own: long, err: new Error(long) });
    expect(line['remote']).toBe(`${'y'.repeat(200)}...`);
    expect(line['err']).toBe(`${'y'.repeat(200)}...`);
    expect(line['own']).toBe(`${'y'.repeat(2000)}...`);
  });

  it('show the whole chain of causes, bounded', () => {
    const chain = Array.from({ length: 20 }).reduce<Error>(
      (cause, _, i) => new Error(`e${i}`, { cause }),
      new Error('root'),
    );
    const line = jsonOf({ err: new LockstepError('ENGINE_TIMEOUT', { cause: chain }) });
    expect(line['err_cause']).toBe('e19 <- e18 <- e17 <- e16 <- e15 <- e14 <- e13 <- e12');
    expect(jsonOf({ err: new LockstepError('ENGINE_TIMEOUT', { cause: 'text' }) })['err_cause']).toBe('text');
  });

  it('show where a bug came from, and no stack for an expected error', () => {
    expect(jsonOf({ err: new LockstepError('INTERNAL', { cause: new TypeError('bug') }) })['err_stack']).toMatch(
      /^TypeError: bug\\u000a\s+at /,
    );
    expect(jsonOf({ err: new TypeError('bug') })['err_stack']).toMatch(/^TypeError: bug/);
    expect(jsonOf({ err: CONNECTION })).not.toHaveProperty('err_stack');
  });

  it('show an error of another realm as an error', () => {
    expect(jsonOf({ err: runInNewContext('new RangeError("elsewhere")') as unknown })['err']).toBe('elsewhere');
  });

  it('show bytes as a length, absent values not at all, and odd numbers as text', () => {
    const fields = { bytes: Buffer.from('secret'), gone: undefined, nil: null, odd: [NaN, Infinity], f: () => 1 };
    expect(jsonOf(fields)).toEqual({
      t: '2026-11-20T12:34:56.789Z',
      lvl: 'info',
      msg: 'm',
      bytes: '[6 bytes]',
      nil: null,
      odd: ['NaN', 'Infinity'],
      f: '[function]',
    });
  });

  it('may be cyclic, unreadable or unserializable without an exception', () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic['self'] = cyclic;
    const trap = {
      get field(): string {
        throw new Error('trap');
      },
    };
    const sour = {
      toJSON() {
        throw new Error('sour');
      },
    };
    const line = jsonOf({ cyclic, trap, sour, nested: { sour } });
    expect(line).toMatchObject({ trap: '[unreadable]', sour: '[unreadable]', nested: '[unreadable]' });
    expect(JSON.stringify(line['cyclic'])).toContain('[deep]');
  });
});

describe('a logger', () => {
  it('does not throw when the sink does', () => {
    const sink = {
      write: () => {
        throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
      },
    };
    const logger = createLogger({ level: 'info', format: 'text', color: false, pid: false }, sink);
    expect(() => logger.info('still here')).not.toThrow();
  });
});
