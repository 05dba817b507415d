import { declarationOf, envName, OPTION_NAMES, type OptionName } from '../../config/options.js';
import type { EngineProfile } from '../../engine/engine.js';
import { engineProfiles } from '../../engine/profile.js';
import { ERROR_CODES } from '../../util/error-codes.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from '../../status/states.js';
import { exitEntries } from '../exit-meanings.js';
import { code, table } from './markdown.js';
import { metricsLines } from './metrics.js';
import { migrationMarkdown } from './migration.js';
import { rpcLines } from './rpc-page.js';
import { runbookLines } from './runbook.js';

const TOPICS = {
  flags: flagsMarkdown,
  errors: errorsMarkdown,
  states: statesMarkdown,
  metrics: () => page('Metrics', 'metrics', metricsLines()),
  runbook: () => page('Runbook', 'runbook', runbookLines()),
  rpc: () => page('RPC', 'rpc', rpcLines()),
  engines: enginesMarkdown,
  'op-node': () => migrationMarkdown('op-node'),
  'base-consensus': () => migrationMarkdown('base-consensus'),
};

type Topic = keyof typeof TOPICS;

/**
 * The Markdown of docs/<topic>.md, for the name of a client the tables of docs/migrate-from-<topic>.md, and undefined
 * for a topic that does not exist.
 */
export function docText(topic: string | undefined): string | undefined {
  return isTopic(topic) ? TOPICS[topic]() : undefined;
}

function isTopic(topic: string | undefined): topic is Topic {
  return topic !== undefined && Object.hasOwn(TOPICS, topic);
}

function flagsMarkdown(): string {
  const groups = [...new Set(OPTION_NAMES.map((name) => declarationOf(name).group))];
  return page('Settings', 'flags', [
    'A setting is taken from the command line, else the environment, else the `--config` file, else its default.',
    'Among environment variables the `LOCKSTEP_` name wins over the names of other clients; an empty one counts as unset.',
    'Durations are written as `500ms`, `12s` or `1m30s`, sizes as `64MiB`. Keys in the file may be nested or dotted.',
    ...groups.flatMap((group) => ['', `## ${group}`, '', ...groupTable(group)]),
  ]);
}

function groupTable(group: string): string[] {
  const names = OPTION_NAMES.filter((name) => declarationOf(name).group === group);
  return table(['flag (also)', 'environment (also read)', 'type', 'default', 'meaning'], names.map(optionRow));
}

function optionRow(name: OptionName): string[] {
  const { aliases = [], alsoEnv = [], type, describe, required, refused, ...option } = declarationOf(name);
  const others = (list: readonly string[], mark: string): string =>
    list.length === 0 ? '' : ` (${list.map((each) => code(`${mark}${each}`)).join(', ')})`;
  const fallback = option.default === undefined ? (option.derived?.note ?? '-') : code(option.default);
  const flag = refused?.cli === undefined ? code(`--${name}`) : `${code(name)}, not on the command line`;
  return [
    flag + others(aliases, '--'),
    code(envName(name)) + others(alsoEnv, ''),
    type.name,
    required ? 'required' : fallback,
    describe,
  ];
}

function errorsMarkdown(): string {
  const exits = exitEntries().map(({ code: exit, meaning }) => [String(exit), meaning.meaning, meaning.restart]);
  const codes = Object.entries(ERROR_CODES).map(([name, entry]) => {
    return [code(name), entry.severity, String(entry.exit), entry.meaning, entry.fix];
  });
  return page('Errors and exit codes', 'errors', [
    '## Exit codes',
    '',
    ...table(['code', 'meaning', 'can a restart help?'], exits),
    '',
    `A supervisor should leave it at the codes that need a person; for systemd: \`${systemdLine()}\`.`,
    '',
    '## Errors',
    '',
    'retry: the next tick tries again. hold: lockstep stays up, changes nothing in the execution client and keeps looking.',
    'halt: the process stops with the exit code. At start, an error that does not pass ends the process with its exit code.',
    '',
    ...table(['code', 'severity', 'exit', 'meaning', 'what to do'], codes),
  ]);
}

/** For a unit file that restarts on failure. */
function systemdLine(): string {
  const final = exitEntries().filter(({ meaning }) => meaning.restart === 'no');
  return `RestartPreventExitStatus=${final.map((entry) => entry.code).join(' ')}`;
}

function statesMarkdown(): string {
  const phases = Object.entries(PHASE_MEANINGS).map(([name, meaning]) => [code(name), meaning]);
  const holds = Object.entries(HOLD_MEANINGS).map(([name, { meaning, ends }]) => [code(name), meaning, ends]);
  return page('States', 'states', [
    'starting -> syncing <-> following; any -> holding(reason) -> back when the reason ends; any -> halted.',
    '',
    ...table(['state', 'meaning'], phases),
    '',
    '## Why it holds',
    '',
    'The log line that enters a hold carries `reason`, what was seen, and `ends`.',
    'The forkchoice that the execution client already has is still repeated once a minute where that is safe.',
    '',
    ...table(['reason', 'meaning', 'ends'], holds),
  ]);
}

function enginesMarkdown(): string {
  const upTo = (limit: number, none: string): string => (Number.isFinite(limit) ? String(limit) : none);
  const following = engineProfiles().map(({ kind, maxBlocksPerForkchoice, maxPayloadsPerBatch, maxUnmovedRepeats }) => {
    return [
      code(kind),
      String(maxBlocksPerForkchoice),
      String(maxPayloadsPerBatch),
      upTo(maxUnmovedRepeats, 'every one'),
    ];
  });
  const goingBack = engineProfiles().map(({ kind, maxResetDepth, maxSiblingDepth, setHead, forgetsLate }) => {
    const depths = [upTo(maxResetDepth, 'no limit known'), upTo(maxSiblingDepth, 'no limit known')];
    return [code(kind), ...depths, setHead ? 'yes' : 'no', forgetsLate ? 'yes' : 'no'];
  });
  return page('Execution clients', 'engines', [
    'What lockstep takes for granted of an execution client (EL), chosen by what the EL says of itself. Behaviour has the',
    'last word: every forkchoice is read back by hash, a surprise in a catch-up makes it go block by block, and an EL that',
    'moves after the repeats that its profile allows is given every one from then on, with a warning in the log.',
    '',
    '## Profiles',
    '',
    ...table(
      [
        'profile',
        'blocks per forkchoice in a catch-up',
        'payloads per batch',
        'repeats of a VALID forkchoice that moved nothing',
      ],
      following,
    ),
    '',
    'And of the ways back from a branch that the source left. Each is tried only where it can work, and read back.',
    '',
    ...table(
      [
        'profile',
        'blocks that one forkchoice moves the head back',
        'blocks below the highest one executed at which a sibling is still executed',
        'debug_setHead works',
        'waits until a removed block is gone',
      ],
      goingBack,
    ),
    ...engineProfiles().flatMap(profileMarkdown),
  ]);
}

function profileMarkdown({ kind, evidence, rewindAdvice, known }: EngineProfile): string[] {
  const advice = rewindAdvice === null ? '' : `${rewindAdvice}. `;
  return [
    '',
    `### ${kind}`,
    '',
    `- Told by: ${evidence.kind}`,
    `- Blocks per forkchoice: ${evidence.maxBlocksPerForkchoice}`,
    `- Payloads per batch: ${evidence.maxPayloadsPerBatch}`,
    `- Repeats: ${evidence.maxUnmovedRepeats}`,
    `- Forkchoice for an ancestor: ${evidence.maxResetDepth}`,
    `- Sibling: ${evidence.maxSiblingDepth}`,
    `- debug_setHead: ${evidence.setHead}`,
    `- Removed blocks: ${evidence.forgetsLate}`,
    `- Copied blocks: ${evidence.copySpoils}`,
    `- Where no way back is left: ${advice}${evidence.rewindAdvice}`,
    ...known.map((fact) => `- ${fact}`),
  ];
}

function page(title: string, topic: Topic, lines: readonly string[]): string {
  const note = `<!-- Made by \`lockstep doc ${topic}\`; change the declaration in the source instead. -->`;
  return [`# ${title}`, '', note, '', ...lines, ''].join('\n');
}
