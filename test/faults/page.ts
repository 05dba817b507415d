import { table } from '../../src/app/commands/markdown.js';
import { ENGINE_ROWS } from './engine-rows.js';
import { ADVERSARY_ROWS, HOST_ROWS, NETWORK_ROWS, OPERATOR_ROWS } from './other-rows.js';
import { PART_TITLES, type Evidence, type FaultRow } from './row.js';
import { SOURCE_ROWS } from './source-rows.js';

/** The fault matrix, in its order. */
export const FAULT_ROWS: readonly FaultRow[] = [
  ...SOURCE_ROWS,
  ...ENGINE_ROWS,
  ...NETWORK_ROWS,
  ...HOST_ROWS,
  ...OPERATOR_ROWS,
  ...ADVERSARY_ROWS,
];

/** The one test between real processes whose EL is a fake: none at hand answers a good forkchoice like that. */
const WITH_FAKE = 'test/integration/engine-forkchoice.test.ts';

const INTRODUCTION = `What goes wrong, what lockstep does then, and the tests that show it: each has the id in its title, and the gate fails
when one is gone. A hold is one of [these](states.md); what to do about it is in the [runbook](runbook.md).

Seen on: the EL beside which lockstep ran as a process. _parts_: a test of single parts of lockstep, mostly under a clock of its
own, for what takes too long or cannot be made to happen. The tests below \`els\` need execution clients that are built first
(\`npm run test:els\`), those in \`test/core\` by \`npm run test:core\`, all others with \`npm test\`.`;

/** docs/faults.md. */
export function faultsPage(): string {
  const parts = Object.entries(PART_TITLES).flatMap(([letter, title]) => {
    const rows = FAULT_ROWS.filter(({ id }) => id.startsWith(letter));
    return [`## ${title}`, '', ...table(['id', 'fault', 'result', 'seen on', 'shown by'], rows.map(cells)), ''];
  });
  const changed = FAULT_ROWS.flatMap(({ id, changed: change }) => (change ? [[id, change.planned, change.why]] : []));
  const note = '<!-- Made by `npm run docs` from test/faults; change the rows there instead. -->';
  const last = ['## Rows that were changed', '', ...table(['id', 'first plan', 'what speaks against it'], changed)];
  return ['# Faults', '', note, '', INTRODUCTION, '', ...parts, ...last, ''].join('\n');
}

function cells({ id, fault, behaviour, shown }: FaultRow): string[] {
  const stands = [...new Set(shown.flatMap(standsOf))];
  // Next to a whole process the parts say little more.
  const seenOn = stands.length > 1 ? stands.filter((stand) => stand !== '_parts_') : stands;
  return [id, fault, behaviour, seenOn.join(', '), shown.map(cite).join('<br>')];
}

function standsOf({ file, on }: Evidence): readonly string[] {
  if (on !== undefined) return on.split(', ');
  if (file === WITH_FAKE) return ['a fake EL'];
  return [file.startsWith('test/integration/') ? 'ethereumjs' : '_parts_'];
}

/** The path names the test, so the folder of the tests and the ending go without saying. */
export function cite({ file, test, of }: Evidence): string {
  const named = of === undefined || test.includes('%s') ? test.replace('%s', of ?? '…') : `${test} (${of})`;
  const escaped = named
    .replace(/%[sd]|\$\w+/g, '…')
    .replace(/[<>]/g, '\\$&')
    .replace(/__/g, '\\_\\_');
  return `\`${file.replace(/^test\//, '').replace(/\.test\.ts$/, '')}\`: ${escaped}`;
}
