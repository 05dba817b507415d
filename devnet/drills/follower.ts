import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Heads } from '../../src/chain/block.js';
import { ipcCall } from '../ipc.js';
import { readRef } from '../heads.js';
import { engineDriver } from '../producer/engine-driver.js';
import type { LabelHeights, ProducerOptions } from '../producer/producer.js';
import { divert, type PrivateBranch } from '../rig/private-branch.js';
import { replayInto } from '../rig/replay.js';
import type { EndSignal } from '../stack/stack.js';
import { rpcClient } from '../rpc.js';
import type { Scene } from './scene.js';

/** Sets the blocks of each branch apart from those of an earlier drill on the same chain. */
let branches = Date.now();

const NEW_SESSION = { msg: 'The EL went away or came back lower: a new session starts' };

/**
 * Ends the follower EL and waits until lockstep misses it. The fault proxy keeps the connection from lockstep open, so one that
 * is back within a second would not be missed.
 */
export async function endMissed(scene: Scene, signal: EndSignal): Promise<void> {
  await scene.endFollower(signal);
  await scene.untilLogged(NEW_SESSION);
}

/** Initialises the follower EL anew: it comes back at genesis. */
export async function emptyFollower(scene: Scene): Promise<void> {
  await scene.endFollower('SIGTERM');
  const { logFile, el } = scene.devnet.part('follower');
  const folder = dirname(logFile);
  const kept = [basename(logFile), basename(el?.jwtSecretFile ?? '')];
  for (const entry of readdirSync(folder)) {
    if (!kept.includes(entry)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
  await scene.startFollower();
}

/** Gives the follower EL so many blocks of the source, and no labels. */
export async function replayWithoutLabels(scene: Scene, head: number): Promise<void> {
  const source = scene.devnet.url('source', 'http');
  await replayInto(scene.devnet.elAccess('follower'), source, { head, safe: null, finalized: null });
}

/** Takes the head of the follower EL back: by debug_setHead, or by the forkchoice that ethereumjs takes for it. */
export async function rewindFollower({ devnet }: Scene, to: number): Promise<void> {
  const { kind, engineUrl, jwtSecretFile } = devnet.elAccess('follower');
  const { ipc } = devnet.part('follower').urls;
  const params = [`0x${to.toString(16)}`];
  if (ipc !== undefined) await ipcCall(ipc, 'debug_setHead', params);
  else if (kind !== 'ethereumjs') await devnet.follower.call('debug_setHead', params);
  else {
    const head = await readRef(devnet.follower, to);
    const { finalized } = await devnet.followerHeads();
    if (head === null) throw new Error(`the EL has no block ${to}`);
    await engineDriver(rpcClient(engineUrl, jwtSecretFile)).forkchoice(head, { safe: finalized, finalized });
  }
}

/** Puts the follower EL on a branch of its own, as a second consensus client would. lockstep must be away. */
export function divertFollower(
  scene: Scene,
  place: { readonly depth: number; readonly length: number; readonly labels: LabelHeights },
): Promise<PrivateBranch> {
  branches += 1;
  return divert(scene.devnet.elAccess('follower'), driving(scene), { ...place, branch: branches });
}

/** How deep below its head the follower can be led astray above what is final, at most `wanted`. */
export function depthAboveFinalized({ unsafe, finalized }: Heads, wanted: number): number {
  return Math.max(1, Math.min(wanted, unsafe.number - (finalized?.number ?? 0) - 1));
}

/** The follower EL and lockstep no longer have the same secret, until lockstep is started again. */
export async function rotateSecret(scene: Scene): Promise<void> {
  await scene.endFollower('SIGTERM');
  writeFileSync(scene.devnet.elAccess('follower').jwtSecretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  await scene.startFollower();
}

function driving(scene: Scene): ProducerOptions {
  return { seed: scene.devnet.seed, txsPerBlock: 0, safeDistance: 5, finalizedDistance: 10, blockTimeMs: 1_000 };
}
