import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import type { EngineModel } from './model/engine/state.js';
import { Monitor } from './model/monitor.js';
import { Tree } from './model/tree.js';

const TREE = new Tree(grow(null, 5, 'a'));
const VALID = { status: 'VALID' } as EngineAnswer;
const LOST: EngineAnswer = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') };

function el(finalized: number, late: object | null = null): EngineModel {
  return { finalized, late } as EngineModel;
}

/** The EL was seen to take block 2 as final. */
function withFinalized2(): Monitor {
  const fc = forkchoice(TREE.ref(4), { safe: TREE.ref(2), finalized: TREE.ref(2) });
  return Monitor.start(TREE, null).labelled(fc, VALID, 'moved', el(2));
}

const ZEROS = forkchoice(TREE.ref(1), { safe: null, finalized: null });

describe('what the monitor holds to have been taken as final', () => {
  it('is the block that the EL took', () => {
    expect(withFinalized2().past.sentFinalized).toBe(2);
  });

  it('is nothing after zeros that the EL took for genesis, also when their answer did not arrive', () => {
    expect(withFinalized2().labelled(ZEROS, VALID, 'moved', el(0)).past.sentFinalized).toBeNull();
    expect(withFinalized2().labelled(ZEROS, LOST, 'moved', el(0)).past.sentFinalized).toBeNull();
    expect(withFinalized2().labelled(ZEROS, LOST, 'unmoved', el(2, {})).past.sentFinalized).toBeNull();
  });

  it('stays after zeros that changed nothing, and after labels whose answer did not arrive', () => {
    expect(withFinalized2().labelled(ZEROS, LOST, 'unmoved', el(2)).past.sentFinalized).toBe(2);
    const three = forkchoice(TREE.ref(4), { safe: TREE.ref(3), finalized: TREE.ref(3) });
    expect(withFinalized2().labelled(three, LOST, 'moved', el(3)).past.sentFinalized).toBe(2);
  });
});
