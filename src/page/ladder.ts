import { element, found, Rows, setText, shape } from './dom.js';
import type { Ref, Rung } from './wire.js';

const MARKS: Readonly<Record<Rung['match'], { readonly text: string; readonly says: string }>> = {
  same: { text: '✔', says: 'the same block' },
  other: { text: '≠', says: 'another block' },
  unknown: { text: '…', says: 'not to be told' },
};
const SHOWN_HASH_CHARS = 10;
const COPIED_MS = 1_500;

const rows = new Rows(found('#ladder tbody'), (label) => {
  const row = element('tr', { 'data-label': label }, element('th', { scope: 'row' }, label));
  for (const column of ['source', 'match', 'local']) row.append(element('td', { class: column }));
  for (const side of ['source', 'local']) {
    const button = element('button', { type: 'button', title: 'Copy the hash' });
    button.addEventListener('click', () => void copy(button));
    found(`.${side}`, row).append(element('span'), ' ', button);
  }
  found('.match', row).append(element('b'), element('span', { class: 'unseen' }));
  found('.local', row).append(element('span', { class: 'note' }));
  return row;
});

/** Both sides, label by label, and how far apart they are. */
export function drawLadder(rungs: readonly Rung[]): void {
  for (const { label, source, local, match, note } of rungs) {
    const row = rows.of(label);
    row.dataset['match'] = match;
    drawRef(found('.source', row), source);
    drawRef(found('.local', row), local);
    setText(found('.local .note', row), note === '' ? '' : ` ${note}`);
    setText(found('.match b', row), MARKS[match].text);
    setText(found('.match span', row), MARKS[match].says);
  }
  drawHeights(rungs);
}

function drawRef(cell: HTMLElement, ref: Ref | null): void {
  setText(found('span', cell), ref === null ? '-' : String(ref.number));
  const button = found('button', cell);
  button.hidden = ref === null;
  if (ref === null || button.dataset['hash'] === ref.hash) return;
  button.dataset['hash'] = ref.hash;
  button.textContent = ref.hash.slice(0, SHOWN_HASH_CHARS);
}

async function copy(button: HTMLElement): Promise<void> {
  const { hash = '' } = button.dataset;
  try {
    // Only where the page came over TLS or from this machine.
    await navigator.clipboard.writeText(hash);
    button.textContent = 'copied';
  } catch {
    button.textContent = hash;
  }
  setTimeout(() => (button.textContent = button.dataset['hash']?.slice(0, SHOWN_HASH_CHARS) ?? ''), COPIED_MS);
}

const RAILS = { source: 18, local: 46 } as const;
const SIDES = ['source', 'local'] as const;

/** Two rails, with the labels of each side at their true distances. */
function drawHeights(rungs: readonly Rung[]): void {
  const heights = rungs.flatMap(({ source, local }) => [source, local]).flatMap((ref) => ref?.number ?? []);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const at = (height: number): string => `${12 + (84 * (height - low)) / Math.max(1, high - low)}%`;
  const rails = SIDES.flatMap((side) => [
    shape('text', { x: '0', y: RAILS[side] + 4 }, side),
    shape('line', { class: 'rail', x1: '12%', x2: '96%', y1: RAILS[side], y2: RAILS[side] }),
  ]);
  // The lowest last: where labels meet it is the one that says most.
  const marks = rungs.flatMap(({ label, ...sides }) =>
    SIDES.flatMap((side) => {
      const ref = sides[side];
      if (ref === null) return [];
      const title = shape('title', {}, `${label} of ${side}: block ${ref.number}`);
      return [shape('circle', { class: label, cx: at(ref.number), cy: RAILS[side], r: 6 }, title)];
    }),
  );
  found('#heights').replaceChildren(...rails, ...marks);
  const span =
    heights.length === 0 ? 'Nothing was read yet.' : `From block ${low} to block ${high}, at their true distances.`;
  setText(found('#heights-text'), span);
}
