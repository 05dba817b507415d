import type { EngineReader } from '../engine/engine.js';
import { look, type ActDeps } from './act.js';
import type { ExtendAction, Outcome } from './action.js';
import { IDLE_MS } from './limits.js';
import { prepareLinked } from './prepare.js';
import type { RecoveryPolicy } from './recovery-state.js';
import type { Role } from './role.js';
import type { State } from './state.js';

/**
 * Looks on while another consensus client drives the EL: it is decided what a driver would do, and none of it is done. What it
 * is given of the EL has no call that changes it, so every such action is a wait, after which both sides are looked at anew.
 */
export function shadowRole(): Role<EngineReader> {
  let checked: Pick<ExtendAction, 'from' | 'to'> | null = null;
  /** The first block that would be sent is fetched and verified as ever, once: what is wrong with it stops a driver too. */
  const extend = async (
    { from, to }: ExtendAction,
    deps: ActDeps<EngineReader>,
    stop: AbortSignal,
  ): Promise<Outcome> => {
    const outcome = { of: 'extend', head: from, blocks: 0 } as const;
    if (checked?.from.hash !== from.hash || checked.to.hash !== to.hash) {
      const prepared = await prepareLinked(from, deps.source, stop);
      if (prepared.kind === 'stop') return { ...outcome, stop: prepared.stop };
      checked = { from, to };
    }
    await deps.idle(IDLE_MS, stop);
    return { ...outcome, stop: { why: 'slice' } };
  };
  return {
    recall: besideDriver,
    // The head of the source stays of interest, since nothing else brings news.
    replaysTo: () => null,
    act: async (action, deps, stop) => {
      switch (action.do) {
        case 'wait':
        case 'identify':
        case 'compare':
        case 'plan':
          return look(action, deps, stop);
        case 'extend':
          return extend(action, deps, stop);
        case 'el-sync':
        case 'forkchoice':
        case 'climb':
        case 'unmap':
          await deps.idle(IDLE_MS, stop);
          return { of: 'wait' };
      }
    },
  };
}

/** The driver primes the EL and keeps it alive, and moves it wherever it wants: no move is a surprise, and any may end a divergence. */
function besideDriver(state: State, now: number): State {
  const recovery = state.suspicion === null ? null : state.recovery;
  const session = { ...state.session, primed: true };
  return { ...state, session, recovery, standing: null, lastForkchoiceAt: now };
}

/** The way back is looked for, told and not taken; it is looked for anew once a minute while both sides differ. */
export function shadowPolicy(policy: RecoveryPolicy): RecoveryPolicy {
  return policy.mode === 'auto' ? { ...policy, mode: 'alert' } : policy;
}
