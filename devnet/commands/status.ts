import type { BlockRef, Heads } from '../../src/chain/block.js';
import { processFacts } from '../process/process-facts.js';
import type { StackKind } from '../stack/kinds.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import { isRunning } from '../stack/state-file.js';
import { LABELS } from '../view/snapshot.js';
import { table } from '../view/table.js';

const SIDES = ['sequencer', 'source', 'follower'] as const;

/** `devnet status`: where the three sides stand, and what every process costs. True when all processes run. */
export async function status(
  root: string,
  kind: StackKind | null,
  json: boolean,
  say: (line: string) => void,
): Promise<boolean> {
  const devnet = RunningDevnet.open(root, kind);
  const orNull = (heads: Promise<Heads>): Promise<Heads | null> => heads.catch(() => null);
  const [sequencer, source, follower] = await Promise.all([
    devnet.has('op-node') ? orNull(devnet.authorityHeads()) : null,
    orNull(devnet.sourceHeads()),
    orNull(devnet.followerHeads()),
  ]);
  const heads = { sequencer, source, follower };
  const parts = devnet.state.parts.map(({ name, pid, identity, version, urls, restarts, logFile }) => ({
    ...{ name, pid, running: isRunning({ pid, identity }), version, urls, restarts, logFile },
    residentBytes: processFacts(pid)?.residentBytes ?? null,
  }));
  const lag = Object.fromEntries(LABELS.map((label) => [label, lagOf(source?.[label], follower?.[label])]));
  const { startedAt, readyAfterMs } = devnet.state;
  if (json)
    say(JSON.stringify({ kind: devnet.kind, folder: devnet.folder, startedAt, readyAfterMs, heads, lag, parts }));
  else {
    const shown = SIDES.filter((side) => side !== 'sequencer' || devnet.has('op-node'));
    const rows = LABELS.map((label) => [
      label,
      ...shown.map((side) => refText(heads[side]?.[label])),
      String(lag[label] ?? '-'),
    ]);
    say(table([['', ...shown, 'lag'], ...rows]));
    say('');
    say(
      table(
        parts.map((part) => [
          part.name,
          part.running ? `pid ${part.pid}` : 'ENDED',
          part.residentBytes === null ? '-' : `${Math.round(part.residentBytes / 2 ** 20)} MiB`,
          part.restarts === 0 ? '' : `restarted ${part.restarts} times`,
          Object.values(part.urls).join('  '),
        ]),
      ),
    );
  }
  return parts.every((part) => part.running);
}

function lagOf(source: BlockRef | null | undefined, follower: BlockRef | null | undefined): number | null {
  return source && follower ? source.number - follower.number : null;
}

function refText(ref: BlockRef | null | undefined): string {
  return ref ? `${ref.number} ${ref.hash}` : '-';
}
