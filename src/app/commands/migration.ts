import { FOREIGN_FLAGS, type AdoptedFlag, type ForeignClient } from '../../config/compat.js';
import { declarationOf, envName } from '../../config/options.js';
import { code, table } from './markdown.js';

/** What becomes of the flags and variables of another client: adopted, refused, ignored. */
export function migrationMarkdown(client: ForeignClient): string {
  const flags = FOREIGN_FLAGS.filter(({ of }) => of === client);
  const adopted = flags.filter((entry) => 'becomes' in entry);
  const refused = flags.filter((entry) => 'refused' in entry);
  const ignored = flags.filter((entry) => 'ignored' in entry);
  return [
    '### Settings that carry over',
    '',
    ...table(
      [`${client} flag`, 'lockstep flag', `${client} variable`, 'lockstep variable', 'what differs'],
      [...adopted.map(adoptedRow)],
    ),
    '',
    ...section(
      '### Refused with `--compat.op-node`, unless off',
      ['flag', 'why', 'what to do'],
      [...refused.map(({ flag, refused: why, fix }) => [code(`--${flag}`), why, fix])],
    ),
    ...section(
      '### Ignored with `--compat.op-node`, with a warning each',
      ['flag', 'why'],
      [...ignored.map(({ flag, ignored: why }) => [code(`${/^(n|q|v+)$/.test(flag) ? '-' : '--'}${flag}`), why])],
    ),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function adoptedRow({ flag, becomes, env, differs = '' }: AdoptedFlag): string[] {
  const isOnCommandLine = declarationOf(becomes).refused?.cli === undefined;
  return [
    code(`--${flag}`),
    isOnCommandLine ? code(`--${becomes}`) : 'environment only',
    env === undefined ? '' : code(env),
    code(envName(becomes)),
    differs,
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, '', ...table(head, rows), ''];
}
