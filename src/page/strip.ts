import { type Cell, cellsOf, stripText } from './cells.js';
import { found, setText, shape } from './dom.js';
import type { Tick } from './wire.js';

const [STEP, WIDTH, HEIGHT] = [10, 8, 20];
const ROWS = [6, 34] as const;
const COLUMNS = 64;

const WORDS: Readonly<Record<Cell['kind'], string>> = {
  finalized: 'finalized',
  safe: 'safe',
  unsafe: 'on both sides',
  ahead: 'of the source',
  left: 'of the EL alone',
};

let drawn = '';

/** The newest blocks: one row, or two above a common ancestor. */
export function drawStrip({ strip, rungs }: Tick): void {
  const cells = cellsOf(strip, rungs);
  const text = JSON.stringify([cells, strip.ancestor]);
  if (text === drawn) return;
  drawn = text;
  const from = strip.from + Math.min(0, strip.source.length - COLUMNS);
  const xOf = (height: number): number => STEP * (height - from) + 1;
  const marks = strip.ancestor === null ? [] : [ancestorMark(xOf(strip.ancestor))];
  const shapes = cells.map(({ height, row, kind, hash }) => {
    const place = { x: xOf(height), y: ROWS[row], width: WIDTH, height: HEIGHT };
    const seen = hash === null ? 'not seen' : hash;
    const look = {
      class: `cell ${kind}${hash === null ? ' guessed' : ''}`,
      ...(kind === 'left' ? { fill: 'url(#hatch)' } : {}),
    };
    return shape('rect', { ...place, ...look }, shape('title', {}, `block ${height}, ${seen}, ${WORDS[kind]}`));
  });
  found('#strip svg').replaceChildren(hatch(), ...shapes, ...marks);
  setText(found('#strip-text'), stripText(strip, cells));
}

/** A frame around the last block that both have, and a line down to the lower row. */
function ancestorMark(x: number): SVGElement {
  const frame = { x: x - 1, y: ROWS[0] - 4, width: WIDTH + 2, height: HEIGHT + 8 };
  const line = { x1: x + WIDTH, y1: ROWS[0] + HEIGHT, x2: x + STEP + 1, y2: ROWS[1] };
  return shape('g', { class: 'ancestor' }, shape('rect', frame), shape('line', line));
}

function hatch(): SVGElement {
  const lines = shape('path', { class: 'hatch', d: 'M0 4 4 0M-1 1 1 -1M3 5 5 3' });
  const size = { width: 4, height: 4, patternUnits: 'userSpaceOnUse' };
  return shape('defs', {}, shape('pattern', { id: 'hatch', ...size }, lines));
}
