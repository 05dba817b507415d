import type { Drill } from '../drills/drill.js';
import { evidenceFolder, seconds } from '../drills/evidence.js';
import { durations, type DrillRecord } from '../drills/record.js';
import { chooseDrills, drillRows } from '../drills/registry.js';
import { runDrill } from '../drills/run-drill.js';
import type { StackKind } from '../stack/kinds.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import { table } from '../view/table.js';

export interface DrillOptions {
  readonly root: string;
  readonly kind: StackKind | null;
  /** Of drills, or `all`. */
  readonly names: readonly string[];
  /** How long both sides may take to agree after each. */
  readonly withinMs: number;
}

export function listDrills(say: (line: string) => void): Promise<boolean> {
  say(table(drillRows()));
  return Promise.resolve(true);
}

/**
 * `devnet drill`: one fault after the other. After each both sides must show the same three blocks again, and go on.
 * Returns whether they always did.
 */
export async function drill(options: DrillOptions, say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const devnet = RunningDevnet.open(options.root, options.kind);
  const drills = chooseDrills(options.names, devnet.kind, devnet.elAccess('follower').kind);
  await devnet.end('lockstep', 'SIGTERM');
  const records: DrillRecord[] = [];
  try {
    for (const each of drills) {
      if (signal.aborted) break;
      records.push(await runOne(each, devnet, options, say, signal));
    }
  } finally {
    await devnet.start('lockstep');
  }
  say(table([['drill', 'result', 'fault', 'healed after', 'in all'], ...records.map(row)]));
  return records.length === drills.length && records.every(({ failure }) => failure === null);
}

async function runOne(
  each: Drill,
  devnet: RunningDevnet,
  { root, withinMs }: DrillOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<DrillRecord> {
  const folder = evidenceFolder(root, devnet.kind, each.name);
  say(`${each.name}: ${each.what}`);
  const record = await runDrill(each, { devnet, folder, withinMs, signal });
  const { healMs } = durations(record);
  const outcome = record.failure === null ? `healed ${seconds(healMs)} after its end` : record.failure;
  say(`${each.name}: ${outcome}; evidence in ${folder}`);
  return record;
}

function row(record: DrillRecord): readonly string[] {
  const { faultMs, healMs } = durations(record);
  const inAll = seconds(record.endedAtMs - record.startedAtMs);
  return [record.name, record.failure === null ? 'ok' : 'FAILED', seconds(faultMs), seconds(healMs), inAll];
}
