import type { Logger } from 'pino';
import type { ElSync } from '../follow/el-sync-state.js';
import type { Turn } from '../follow/state.js';
import { shortHash } from '../util/hex.js';
import type { Progress } from './progress.js';

type End = Extract<ElSync, { readonly stage: 'given-up' }>;

/** Tells of an EL sync on its edges: when it is asked for, taken up, given up and over. */
export function logElSync(log: Logger, { before, state, observation: { engine } }: Turn): void {
  const [was, is] = [before.elSync, state.elSync];
  const ran = was?.stage === 'running' ? was : null;
  if (is?.stage === 'running') {
    const { target, at, peers } = is;
    const fields = { at, target: target.number, hash: shortHash(target.hash), peers: peers ?? 'unknown' };
    if (ran === null) log.info(fields, 'EL sync: the EL is pointed at the head of the source');
    else if (ran.target.hash !== target.hash) log.info(fields, 'EL sync: the EL is pointed at a newer head');
    if (is.started && ran?.started !== true) log.info(fields, 'EL sync: the EL has begun to sync');
  } else if (is?.stage === 'given-up' && was?.stage !== 'given-up') {
    const answer = is.answer === null ? {} : { answer: is.answer };
    const fields = { why: is.why, at: is.at, target: is.target.number, peers: is.peers ?? 'unknown', ...answer };
    log.warn(fields, `EL sync given up, the blocks are replayed instead: ${reasonOf(is)}`);
  } else if (ran !== null && engine.kind === 'seen' && engine.value.heads.unsafe.number >= ran.target.number) {
    log.info({ target: ran.target.number }, 'EL sync: the EL is at its target');
  }
}

function reasonOf({ why, at, peers, policy }: End): string {
  const ofNone = peers === 0 ? 'the EL has no peers (net_peerCount 0)' : null;
  switch (why) {
    case 'not-started':
      return ofNone ?? `the EL did not start to sync within ${seconds(policy.startMs)}`;
    case 'stalled':
      return `the EL got no further than block ${at} for ${seconds(policy.stallMs)}`;
    case 'refused':
      return 'the EL refused the target';
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

/** For the progress line: how far it has got, and which number that is. */
export function elSyncText({ at, of, by }: NonNullable<Progress['elSync']>): string {
  return `EL sync: at ${at} of ${of} (${by})`;
}
