import { table } from '../../src/app/commands/markdown.js';
import { cite } from '../faults/page.js';
import { OWN_ROWS } from './own-rows.js';
import { PEER_ROWS } from './peer-rows.js';
import type { ThreatRow } from './row.js';

/** T1 to T17, in their order. */
export const THREAT_ROWS: readonly ThreatRow[] = [...PEER_ROWS, ...OWN_ROWS];

const INTRODUCTION = `lockstep trusts its source for **which** blocks are canonical, safe and final, and for nothing of their content: each block is
recomputed before the execution client (EL) sees it, the EL executes it, and what was final in the EL is never given up. It
believes its EL, which it authenticates to with the secret of the engine port. Everything else on the network is a stranger.

Each threat has the tests that show what is said of it; the gate fails when one of them is gone.`;

const CORE_FILES = `## Core files

A core file holds the memory of the process, and with it the secret of the engine port, the credentials of the source and the
environment. None of that can be kept out of it. So the systemd unit says \`LimitCORE=0\`; elsewhere start lockstep under
\`ulimit -c 0\` (Docker: \`--ulimit core=0\`), and give nobody the right to trace it. A [record](troubleshooting.md#a-bug-report-is-one-file)
has no secret in it: it is what a bug report needs.`;

/** docs/security.md. */
export function securityPage(): string {
  const note = '<!-- Made by `npm run docs` from test/security; change the rows there instead. -->';
  const rows = THREAT_ROWS.map(cells);
  const gaps = THREAT_ROWS.flatMap(({ id, without }) => (without === undefined ? [] : [[id, without]]));
  return [
    ...['# Security', '', note, '', INTRODUCTION, ''],
    ...table(['id', 'threat', 'what lockstep does', 'shown by'], rows),
    ...['', '## What is not done, and why', ''],
    ...table(['id', 'why'], gaps),
    ...['', CORE_FILES, ''],
  ].join('\n');
}

function cells({ id, threat, mitigation, shown }: ThreatRow): string[] {
  return [id, threat, mitigation, shown.map(cite).join('<br>')];
}
