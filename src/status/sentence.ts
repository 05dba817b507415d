import type { FollowStatus } from './follow-view.js';
import { durationText } from '../util/duration-text.js';

/** A status as it is told to others, who may know other states and wishes than this version of lockstep. */
export type ToldStatus = Omit<FollowStatus, 'state' | 'would'> & {
  readonly state: string;
  readonly would: Readonly<Record<string, string | number>> | null;
};

/** What a status comes to, in one sentence for people. */
export function sentenceOf(status: ToldStatus): string {
  const reason = status.reason === null ? '' : ` (${status.reason})`;
  switch (status.state) {
    case 'starting':
      return 'Starting: both sides are identified and compared, and nothing is written yet.';
    case 'syncing':
      return `Syncing: ${gapOf(status)}${status.etaSeconds === null ? '' : `, ${durationText(status.etaSeconds)} to go`}.`;
    case 'following':
      return `Following${status.ready ? '' : ', but not ready'}: ${distanceOf(status)}.`;
    case 'recovering':
      return 'Recovering: the EL is on another branch than the source, and is brought back.';
    case 'holding':
      return `Holding for ${durationText(status.stateSeconds)}${reason}: nothing changes in the EL.`;
    case 'halted':
      return `Halted${reason}: a person is needed.`;
    default:
      return `In the state ${status.state} for ${durationText(status.stateSeconds)}${reason}.`;
  }
}

function gapOf({ elSync, ...status }: ToldStatus): string {
  if (elSync === null) return distanceOf(status);
  return `the EL syncs with its own peers, at ${elSync.at} of ${elSync.of}`;
}

function distanceOf({ source, local, lagBlocks }: Pick<ToldStatus, 'source' | 'local' | 'lagBlocks'>): string {
  const [theirs, ours] = [source?.unsafe ?? null, local?.unsafe ?? null];
  if (lagBlocks === null || theirs === null || ours === null) return 'not both sides were read yet';
  if (lagBlocks > 0) return `${blocksText(lagBlocks)} behind the source`;
  if (lagBlocks < 0) return `${blocksText(-lagBlocks)} ahead of the source`;
  return theirs.hash === ours.hash
    ? `in step with the source at block ${ours.number}`
    : `at block ${ours.number} as the source, which shows another one there`;
}

/** `1 block`, `2 blocks` */
export function blocksText(count: number): string {
  return `${count} ${count === 1 ? 'block' : 'blocks'}`;
}
