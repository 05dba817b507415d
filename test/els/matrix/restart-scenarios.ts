import type { BlockRef, Heads } from '../../../src/chain/block.js';
import { STALE_MAPPING } from '../../../src/status/states.js';
import { FaultProxy } from '../../../devnet/proxy/fault-proxy.js';
import { loggedLines } from '../../rig/follow-world.js';
import { replayInto } from '../../../devnet/rig/replay.js';
import type { ElKind } from '../../../devnet/els/el.js';
import type { Column, Signal } from './column.js';
import { seen, type Scenario } from './scenario.js';

/** No EL keeps more blocks than this in memory alone; a SIGKILL that costs more comes from how it writes state. */
const TAIL_MAX_BLOCKS = 64;

/** reth writes its newest blocks late, ethereumjs does not sync its files: what is lost differs from run to run. */
const MAY_LOSE_TAIL: Readonly<Record<Signal, readonly ElKind[]>> = {
  SIGTERM: ['reth', 'op-reth'],
  SIGKILL: ['reth', 'op-reth', 'ethereumjs'],
};

/** By chance of what the last write of their database held (engines-measured 2.D). */
const MAY_KEEP_STALE_MAPPINGS: readonly ElKind[] = ['geth', 'op-geth'];

export const RESTART_SCENARIOS: readonly Scenario[] = [
  {
    title: 'is restarted (SIGTERM) beside lockstep, and shows',
    run: async (column) => {
      const before = await column.heads();
      const after = await column.restartEl('SIGTERM');
      await column.follow(3);
      return seen(headAfter(before, after, mayLoseTail(column, 'SIGTERM')), labelsAfter(before, after));
    },
  },
  {
    title: 'keeps up when both are stopped and the EL comes first',
    run: async (column) => {
      await column.endLockstep('SIGTERM');
      await column.endEl('SIGTERM');
      await column.startEl();
      await column.startLockstep();
      await column.follow(3);
      return seen();
    },
  },
  {
    title: 'keeps up when both are stopped and lockstep comes first',
    run: async (column) => {
      await column.endLockstep('SIGKILL');
      await column.endEl('SIGTERM');
      await column.startLockstep();
      await column.until('lockstep waits', () => loggedLines(column.lockstep, { msg: 'Waiting to start' }).length > 0);
      await column.startEl();
      await column.follow(3);
      return seen();
    },
  },
  { title: 'is killed (SIGKILL) beside lockstep, 80 blocks after a clean stop, and shows', run: killed },
  { title: 'keeps up from block 5 after a forkchoice without labels, which showed', alone: true, run: neverLabelled },
];

/** On an empty database, towards a source that is shown as it was at block 40. */
async function neverLabelled(column: Column): Promise<string> {
  const { source, head } = column.family;
  await column.startAnew();
  await replayInto(column.el, source.httpUrl, { head: 5, safe: null, finalized: null });
  const { safe, finalized } = await column.heads();
  if ([safe, finalized].some((label) => label !== null && label.number > 0))
    throw new Error('the EL shows labels that nobody sent');
  const young = await FaultProxy.start(source.httpUrl);
  try {
    young.rewind({ latest: head.number - 40, safe: head.number - 60, finalized: head.number - 74 });
    await column.startLockstep(young.url);
    const shown = async (): Promise<string> => {
      const heads = await column.heads();
      return [heads.unsafe, heads.safe, heads.finalized].map((ref) => ref?.number).join();
    };
    await column.until('the labels are sent', async () => (await shown()) === '40,20,10');
    await column.endLockstep('SIGTERM');
  } finally {
    await young.close();
  }
  return seen(finalized === null ? 'no labels' : 'its genesis as safe and finalized');
}

async function killed(column: Column): Promise<string> {
  const cleanStop = (await column.restartEl('SIGTERM')).unsafe;
  await column.follow(80);
  const before = await column.heads();
  const after = await column.restartEl('SIGKILL');
  await column.family.producer.produce(1);
  const stuck = (): boolean => loggedLines(column.lockstep, { reason: 'engine-stuck' }).length > 0;
  await column.until('lockstep follows on or holds', async () => stuck() || (await column.isEqual()));
  const [line] = loggedLines(column.lockstep, { reason: 'engine-stuck' });
  const uncertain = mayLoseTail(column, 'SIGKILL');
  const labels = uncertain ? 'its labels, older ones or none' : labelsAfter(before, after);
  const facts = [headAfter(before, after, uncertain, cleanStop), labels];
  if (!MAY_KEEP_STALE_MAPPINGS.includes(column.kind)) {
    if (line !== undefined) throw new Error(`lockstep holds: ${JSON.stringify(line)}`);
    return seen(...facts, 'it is followed on');
  }
  if (line !== undefined && line['sign'] !== STALE_MAPPING) throw new Error(`unexpected hold: ${JSON.stringify(line)}`);
  return seen(...facts, 'it is followed on, or lockstep holds: engine-stuck, stale mapping');
}

function mayLoseTail({ kind }: Column, signal: Signal): boolean {
  return MAY_LOSE_TAIL[signal].includes(kind);
}

function headAfter(before: Heads, after: Heads, uncertain: boolean, cleanStop?: BlockRef): string {
  const lost = before.unsafe.number - after.unsafe.number;
  if (uncertain && lost <= TAIL_MAX_BLOCKS) return 'its head, or a few blocks less';
  if (lost === 0) return 'its head';
  if (cleanStop?.hash === after.unsafe.hash) return 'its last clean stop';
  return 'a lower block';
}

function labelsAfter(before: Heads, after: Heads): string {
  const { safe, finalized } = after;
  if (finalized === null) return 'labels absent';
  if (finalized.hash !== before.finalized?.hash) return 'older labels';
  if (safe?.hash === before.safe?.hash) return 'its labels';
  return safe?.hash === finalized.hash ? 'safe = finalized' : 'an older safe';
}
