import { pino, type Logger as PinoLogger } from 'pino';
import { logFields, parseLogLine } from './log-fields.js';
import { lineFormatter, type LogFormat } from './log-format.js';

/**
 * What each level means, and who should read it:
 * - trace: every request and answer, by method and size. For reading along with one block.
 * - debug: why a decision was taken, retries, what was skipped. For finding a fault.
 * - info: progress and state changes in normal work. An operator can run with it for ever.
 * - warn: something is off and lockstep copes by itself; look when it repeats.
 * - error: a label is held or a call was given up; lockstep stays up, and a person should look today.
 * - crit: lockstep stops now, and the line says why. The logger's method is `fatal`.
 *
 * The message is static text; everything that varies is a field, and text of another machine goes in a field `remote`.
 * The fields of a child logger are plain strings and numbers: pino writes them as they are.
 */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'crit'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly color: boolean;
  readonly pid: boolean;
}

/** Where lines go: process.stdout, a test, ... */
interface LineSink {
  write(line: string): unknown;
}

export type Logger = PinoLogger;

const STDOUT = 1;
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Makes the logger. Each line is handed to the operating system before the call returns, so the last line before an
 * exit is not lost. A sink that fails (closed pipe, full disk) loses lines and nothing else.
 */
export function createLogger(options: LogOptions, sink: LineSink = stdoutSink(), now: () => number = Date.now): Logger {
  const format = lineFormatter(options.format, options.color);
  const stream = {
    write(line: string): void {
      try {
        sink.write(`${format(parseLogLine(line))}\n`);
      } catch {
        // There is no better place to report that a log line could not be written.
      }
    },
  };
  return pino(
    {
      level: pinoLevel(options.level),
      base: options.pid ? { pid: process.pid } : null,
      messageKey: 'msg',
      timestamp: () => `,"t":"${new Date(now()).toISOString()}"`,
      formatters: {
        level: (label) => ({ lvl: label === 'fatal' ? 'crit' : label }),
        log: (fields) => ({ ...logFields(fields) }),
      },
      // logFields has already made text of the error; pino's own serializer would add the stack to it.
      serializers: { err: (value: unknown) => value },
    },
    stream,
  );
}

/** The name that pino has for a level. */
export function pinoLevel(level: LogLevel): string {
  return level === 'crit' ? 'fatal' : level;
}

function stdoutSink(): LineSink {
  const sink = pino.destination({ fd: STDOUT, sync: true, maxLength: MAX_BUFFERED_BYTES });
  // Without a listener a full disk would end the process.
  sink.on('error', () => undefined);
  return sink;
}
