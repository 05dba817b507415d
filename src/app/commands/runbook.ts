import { HOLD_MEANINGS } from '../../status/states.js';
import { levelOf } from '../../status/hold-report.js';
import { ERROR_CODES } from '../../util/error-codes.js';
import { EXIT } from '../../util/exit-codes.js';
import type { HoldReason } from '../../follow/state.js';
import { exitEntries } from '../exit-meanings.js';
import { EXIT_GUIDES } from '../runbook-exits.js';
import { HOLD_GUIDES } from '../runbook-holds.js';
import { code, table } from './markdown.js';

const LEVELS = { fatal: 'crit', error: 'error', warn: 'warn' } as const;

const RESTARTS = {
  yes: 'A restart may help: a supervisor should start it again.',
  no: 'A restart does not help: a supervisor should leave it.',
  '-': 'There is nothing to restart.',
} as const;

/** The lines of docs/runbook.md: one entry for every hold, and one for every exit code. */
export function runbookLines(): readonly string[] {
  return [
    'A hold is left by itself when its reason ends: lockstep stays up, changes nothing in the execution client (EL), and keeps looking.',
    'An exit is for the supervisor, or for a person.',
    '',
    '## Holds',
    '',
    'For each of them the log has one line `Holding: nothing changes in the EL` with `reason`, `ends` and the fields below, then',
    '`Still holding` every 12 s (at level error when it lasts for five minutes), and `The hold is over` at its end. `/readyz` answers 503',
    'with the reason, `/livez` 200. `lockstep_holding{reason="..."}` and `lockstep_state{state="holding"}` are 1, `lockstep_ready` is 0.',
    ...holds().flatMap(holdEntry),
    '',
    '## Exits',
    '',
    'The last line is at level crit and has `code`, `exit`, `err` and `fix`; exit 2 and a wrong configuration are told on standard error.',
    ...Object.keys(EXIT_GUIDES).flatMap((name) => exitEntry(name as keyof typeof EXIT_GUIDES)),
  ];
}

function holds(): readonly HoldReason['kind'][] {
  return Object.keys(HOLD_MEANINGS) as HoldReason['kind'][];
}

function holdEntry(kind: HoldReason['kind']): readonly string[] {
  const { meaning, ends } = HOLD_MEANINGS[kind];
  const { fields, metrics, alone, todo } = HOLD_GUIDES[kind];
  const names = (list: readonly string[]): string => list.map(code).join(', ');
  const seen = [
    `level ${LEVELS[levelOf({ kind })]}`,
    ...(fields.length > 0 ? [`fields ${names(fields)}`] : []),
    ...(metrics.length > 0 ? [`also ${names(metrics)}`] : []),
  ];
  return [
    ...['', `### ${kind}`, ''],
    `- What you see: ${seen.join('; ')}.`,
    `- What it means: ${meaning}.`,
    `- lockstep ${alone}`,
    `- It ends ${ends}.`,
    ...steps(todo),
  ];
}

function exitEntry(name: keyof typeof EXIT_GUIDES): readonly string[] {
  const exit = EXIT[name];
  const { before, todo } = EXIT_GUIDES[name];
  const entry = exitEntries().find((candidate) => candidate.code === exit);
  const errors = Object.entries(ERROR_CODES).filter(([, error]) => error.exit === exit);
  const rows = errors.map(([error, { meaning, fix }]) => [code(error), meaning, fix]);
  return [
    ...['', `### Exit ${exit}`, ''],
    `- What it means: ${entry?.meaning.meaning}.`,
    `- ${before}`,
    `- ${RESTARTS[entry?.meaning.restart ?? '-']}`,
    ...steps(todo),
    ...(rows.length > 0 ? ['', ...table(['code', 'meaning', 'what to do'], rows)] : []),
  ];
}

function steps(todo: readonly string[]): readonly string[] {
  return ['', 'What to do:', '', ...todo.map((step, index) => `${index + 1}. ${step}`)];
}
