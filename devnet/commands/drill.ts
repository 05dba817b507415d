import type { Heads } from '../../src/chain/block.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import type { EndSignal } from '../stack/stack.js';
import type { StackKind } from '../stack/kinds.js';
import { agree } from '../view/snapshot.js';
import { table } from '../view/table.js';
import { waitUntil } from '../wait-until.js';

/** What an operator's machine does to each part sooner or later. */
const DRILLS: readonly (readonly [part: string, signal: EndSignal])[] = [
  ['source', 'SIGTERM'],
  ['follower', 'SIGTERM'],
  ['op-node', 'SIGKILL'],
  ['lockstep', 'SIGKILL'],
];

/**
 * `devnet drill`: restarts the parts one after the other. After each, both sides must show the same three blocks with a
 * new unsafe one within `withinMs`. Returns whether they always did.
 */
export async function drill(
  root: string,
  kind: StackKind | null,
  withinMs: number,
  say: (line: string) => void,
): Promise<boolean> {
  const devnet = RunningDevnet.open(root, kind);
  const rows = [['part', 'signal', 'back after', 'equal after', 'at']];
  let converged = true;
  for (const [part, signal] of DRILLS) {
    if (!devnet.has(part)) continue;
    const before = await devnet.sourceHeads();
    const startedAt = performance.now();
    await devnet.restart(part, signal);
    const backMs = performance.now() - startedAt;
    say(`${part}: ${signal}, back after ${seconds(backMs)}`);
    const equal = await waitUntil('both sides agree', () => agreedAbove(devnet, before), withinMs).catch(() => null);
    converged &&= equal !== null;
    const equalMs = performance.now() - startedAt;
    const outcome = equal === null ? ['NOT EQUAL', ''] : [seconds(equalMs), heights(equal)];
    say(`${part}: ${equal === null ? `not equal within ${seconds(withinMs)}` : `equal after ${seconds(equalMs)}`}`);
    rows.push([part, signal, seconds(backMs), ...outcome]);
  }
  say(table(rows));
  return converged;
}

/** The heads, once both sides show the same three and the chain has grown; else null. */
async function agreedAbove(devnet: RunningDevnet, before: Heads): Promise<Heads | null> {
  const [source, follower] = await Promise.all([devnet.sourceHeads(), devnet.followerHeads()]);
  const grown = source.unsafe.number > before.unsafe.number + 1;
  return grown && source.finalized !== null && agree(source, follower) ? source : null;
}

function heights({ unsafe, safe, finalized }: Heads): string {
  return `${unsafe.number}/${safe?.number ?? '-'}/${finalized?.number ?? '-'}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
