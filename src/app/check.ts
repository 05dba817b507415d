import { styleText } from 'node:util';
import type { Config } from '../config/config.js';
import { EXIT, type ExitCode } from '../util/exit-codes.js';
import type { CliIo } from './cli.js';
import { build } from './build.js';
import { checkPorts } from './port-checks.js';
import { preflight, type CheckRow } from './preflight.js';

const MARKS = { pass: '✔', warn: '!', fail: '✖', skip: '-' } as const;
const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

/** The `check` command: every pre-flight check as a row with its fix. Exits as a boot with this result would. */
export async function check(config: Config, io: CliIo, options: { readonly json: boolean }): Promise<ExitCode> {
  const parts = await build(config);
  try {
    // Nothing aborts it: every call ends by its own deadline, and a side that hangs is a row like any other.
    const [checked, ports] = await Promise.all([
      preflight(parts.preflightInput, new AbortController().signal),
      checkPorts(config),
    ]);
    const rows = [...checked.rows, ...ports];
    const exit = rows.find(({ error }) => error !== undefined)?.error?.exitCode ?? EXIT.clean;
    io.stdout(options.json ? `${JSON.stringify({ exit, checks: rows.map(toJson) })}\n` : toTable(rows, exit, io.isTTY));
    return exit;
  } finally {
    await parts.close();
  }
}

function toJson({ name, result, detail, error }: CheckRow): Record<string, string | undefined> {
  return { name, result, detail, code: error?.code, fix: error?.fix };
}

function toTable(rows: readonly CheckRow[], exit: ExitCode, colored: boolean): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.flatMap(({ name, result, detail, error }) => {
    const mark = colored ? styleText(COLORS[result], MARKS[result]) : MARKS[result];
    const line = `${mark} ${name.padEnd(width)}  ${detail}`;
    return error === undefined
      ? [line]
      : [line, `  ${' '.repeat(width)}  fix: ${error.fix} (${error.code}, exit ${error.exitCode})`];
  });
  const verdict =
    exit === EXIT.clean ? 'Ready: `lockstep run` can start.' : `Not ready: \`lockstep run\` would exit with ${exit}.`;
  return `${lines.join('\n')}\n${verdict}\n`;
}
