import { setTimeout as wait } from 'node:timers/promises';
import type { Heads } from '../../src/chain/block.js';
import type { Drill } from './drill.js';
import { writeEvidence } from './evidence.js';
import { emptyFollower } from './follower.js';
import { HeadSampler } from './head-sampler.js';
import { finalityBreaches, healedAtMs, type DrillRecord } from './record.js';
import { Scene, type SceneOptions } from './scene.js';

/** What the picture shows of the time before and after. */
const MARGIN_MS = 1_500;

/** Runs one drill to its end, whatever that is, and writes its evidence. The devnet's own lockstep must be away. */
export async function runDrill(drill: Drill, options: SceneOptions): Promise<DrillRecord> {
  const { devnet, folder } = options;
  const scene = await Scene.open(options);
  const sampler = new HeadSampler(devnet.source, devnet.follower, () => scene.followerLife);
  let startedAtMs = Date.now();
  let heads: Heads | null = null;
  let failure: string | null = null;
  try {
    await settle(scene);
    startedAtMs = Date.now();
    sampler.start();
    await wait(MARGIN_MS);
    await drill.run(scene);
    heads = await scene.recover();
    await wait(MARGIN_MS);
    noteHealed(scene, sampler);
    failure = broken(scene, sampler);
  } catch (error) {
    failure = reason(error);
  } finally {
    await sampler.stop();
  }
  if (failure !== null) scene.note('failed', failure);
  const { events, log } = scene;
  await scene.close();
  const { name, what } = drill;
  const [source, follower] = [devnet.elAccess('source').kind, devnet.elAccess('follower').kind];
  const where = `${devnet.kind}, ${source} followed by ${follower}`;
  const seen = { events, samples: sampler.samples, log, heads, failure };
  const record = { name, what, where, startedAtMs, endedAtMs: Date.now(), ...seen };
  writeEvidence(folder, record);
  return record;
}

/** What an earlier drill left behind where it failed must not fail this one. */
async function settle(scene: Scene): Promise<void> {
  try {
    await scene.settle();
  } catch {
    await scene.stopLockstep();
    await emptyFollower(scene);
    await scene.settle();
  }
}

/** Known only afterwards, because a drill goes on looking for its markers meanwhile. */
function noteHealed({ events }: Scene, { samples }: HeadSampler): void {
  const atMs = healedAtMs({ events, samples });
  if (atMs !== null) events.push({ atMs, kind: 'recovered', text: 'the EL has what the source shows since then' });
  events.sort((a, b) => a.atMs - b.atMs);
}

/** What must not have happened on the way, although both sides agree. */
function broken(scene: Scene, sampler: HeadSampler): string | null {
  const breaches = [...finalityBreaches(sampler.samples)];
  const { maxConcurrentWrites } = scene.engine.log;
  if (maxConcurrentWrites > 1) breaches.push(`${maxConcurrentWrites} writes to the EL at the same time`);
  return breaches.length === 0 ? null : breaches.join('; ');
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
