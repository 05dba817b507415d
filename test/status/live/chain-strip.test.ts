import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../../src/chain/block.js';
import { type Cell, cellsOf, stripText } from '../../../src/page/cells.js';
import type { Outcome } from '../../../src/follow/action.js';
import type { FollowHooks, HoldReason, Phase, SourceView } from '../../../src/follow/state.js';
import type { Payload } from '../../../src/payload/payload.js';
import { ChainStrip } from '../../../src/status/live/chain-strip.js';
import { rungsOf } from '../../../src/status/rungs.js';
import { A, at, B, engineView, labels, observation, SETTLED, sourceView } from '../../follow/examples.js';

let strip: ChainStrip;
let hooks: FollowHooks;
let shown: { source: BlockRef | null; local: BlockRef | null };

beforeEach(() => {
  strip = new ChainStrip();
  const nothing = (): void => undefined;
  hooks = strip.watch({
    ...{ onTurn: nothing, onOutcome: nothing, onPlanning: nothing, onBlock: nothing, onLabels: nothing },
    ...{ onHeadNews: nothing, onStatus: nothing },
  });
  shown = { source: null, local: null };
});

function turn(
  local: readonly [readonly BlockRef[], number],
  source: SourceView,
  phase: Phase = { kind: 'following' },
): void {
  const [chain, head] = local;
  shown = { source: source.head, local: at(chain, head) };
  hooks.onTurn({
    before: SETTLED,
    state: { ...SETTLED, phase },
    observation: observation(engineView(chain, head, labels(chain, 2, 1)), source),
    action: { do: 'wait', ms: 1 },
  });
}

const finalizedDivergence = (): HoldReason => {
  const divergence = { source: at(B, 4), engine: at(A, 4) };
  return { kind: 'finalized-divergence', divergence, finalized: at(A, 4) };
};

const replayed = (...refs: BlockRef[]): void => refs.forEach((ref) => hooks.onBlock({ ref } as Payload));

function planned(engineHead: BlockRef, blocks: readonly BlockRef[]): void {
  const plan = { id: 1, ancestor: at(A, 3), blocks, engineHead, replaced: at(A, 4) };
  const divergence = { source: at(B, 4), engine: at(A, 4) };
  const outcome: Outcome = { of: 'plan', divergence, result: { kind: 'planned', plan, rungs: [], advice: null } };
  hooks.onOutcome(outcome);
}

/** Rows of letters by height, one for each kind of cell; capital where the hash is known. */
function drawn(): readonly string[] {
  const side = (unsafe: BlockRef | null, chain: readonly BlockRef[]) => unsafe && { unsafe, ...labels(chain, 2, 1) };
  const cells = cellsOf(strip.view, rungsOf({ source: side(shown.source, A), local: side(shown.local, A) }));
  const letter = ({ kind, hash }: Cell): string => {
    const [first = ''] = kind === 'left' ? 'x' : kind;
    return hash === null ? first : first.toUpperCase();
  };
  const row = (wanted: 0 | 1): string => {
    const width = Math.max(-1, ...cells.map(({ height }) => height)) + 1;
    const heights = Array.from({ length: width }, (_, height) => height);
    return heights
      .map((height) => cells.find((cell) => cell.row === wanted && cell.height === height))
      .map((cell) => (cell === undefined ? ' ' : letter(cell)))
      .join('')
      .trimEnd();
  };
  return [row(0), row(1)];
}

const text = (): string => stripText(strip.view, cellsOf(strip.view, rungsOf({ source: null, local: null })));

describe('the strip of the last blocks', () => {
  it('is empty before the first turn', () => {
    expect(strip.view).toMatchObject({ source: [], local: [], ancestor: null, isForked: false });
    expect(text()).toBe('No block was seen yet.');
  });

  it('shows what was seen of one chain, and what the source alone has', () => {
    turn([A, 4], sourceView(A, 7));
    // 0 to 2 are there by the labels, 3 as the parent of 4.
    expect(drawn()).toEqual(['fFSUUaAA', '']);
    replayed(at(A, 5), at(A, 6));
    turn([A, 6], sourceView(A, 7));
    expect(drawn()).toEqual(['fFSUUUUA', '']);
    expect(text()).toBe('Blocks 0 to 7.');
  });

  it('parts above the ancestor once a plan names it, and shows what was given up when it is over', () => {
    replayed(...A.slice(1, 7));
    turn([A, 6], sourceView(A, 6));
    const divergence = { source: at(B, 6), engine: at(A, 6) };
    turn([A, 6], sourceView(B, 8), { kind: 'recovering', divergence });
    expect(strip.view).toMatchObject({ isForked: true, ancestor: null });
    expect(text()).toContain('Common ancestor: below what is shown, or not known yet.');
    planned(at(A, 6), B.slice(4, 9));
    expect(drawn()).toEqual(['FFSUAAAAA', '    XXX']);
    expect(strip.view.ancestor).toBe(3);
    replayed(...B.slice(4, 9));
    turn([B, 8], sourceView(B, 8));
    expect(drawn()).toEqual(['FFSUUUUUU', '    XXX']);
    expect(strip.view).toMatchObject({ ancestor: 3, isForked: false });
    expect(text()).toBe('Blocks 0 to 8. The EL gave up 3 blocks above block 3.');
  });

  it('finds the ancestor without a plan where both branches were seen down to it', () => {
    replayed(...A.slice(1, 5));
    const divergence = { source: at(B, 4), engine: at(A, 4) };
    turn([A, 4], sourceView(B, 4), { kind: 'recovering', divergence });
    expect(strip.view).toMatchObject({ ancestor: 3, isForked: true });
  });

  it('parts from the lowest height that differs where no ancestor is known', () => {
    turn([A, 6], sourceView(B, 8), { kind: 'holding', reason: finalizedDivergence() });
    expect(drawn()).toEqual(['fFSuAaaAA', '    XXX']);
    expect(strip.view).toMatchObject({ ancestor: null, isForked: true });
  });

  it('shows 64 blocks at most, whatever it saw', () => {
    const refs: BlockRef[] = [];
    for (let number = 0; number < 5_000; number += 1) {
      const hash = `0x${number.toString(16).padStart(64, '0')}` as const;
      refs.push({ number, hash, parentHash: refs.at(-1)?.hash ?? hash, timestamp: number });
    }
    replayed(...refs);
    expect(strip.view.from).toBe(4_936);
    expect(strip.view.local).toHaveLength(64);
    expect(strip.view.local).not.toContain(null);
  });
});
