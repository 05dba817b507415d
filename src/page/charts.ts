import uPlot from 'uplot';
import { durationText } from '../util/duration-text.js';
import { timeText } from './words.js';
import { element, found, setText } from './dom.js';
import type { Point, Resolution, Tick, Whole } from './wire.js';

interface Series {
  readonly label: string;
  /** The place in a `Point`. */
  readonly at: number;
  /** A custom property of the style sheet, and a class that has it. */
  readonly color: string;
}

interface Plot {
  readonly title: string;
  readonly unit: string;
  /** There is a value now and then, as blocks come. */
  readonly isSparse?: boolean;
  readonly series: readonly Series[];
}

const PLOTS: readonly Plot[] = [
  {
    title: 'behind the source',
    unit: 'blocks',
    series: [
      { label: 'unsafe', at: 1, color: 'unsafe' },
      { label: 'safe', at: 2, color: 'safe' },
      { label: 'finalized', at: 3, color: 'finalized' },
    ],
  },
  {
    title: 'latency, the worst of each step',
    unit: 'ms',
    isSparse: true,
    series: [
      { label: 'end to end', at: 4, color: 'line-1' },
      { label: 'newPayload', at: 5, color: 'line-2' },
      { label: 'forkchoice', at: 6, color: 'line-3' },
    ],
  },
  { title: 'replayed', unit: 'blocks/s', series: [{ label: 'rate', at: 7, color: 'line-1' }] },
];

const PLOT_HEIGHT = 150;
const AXIS_WIDTH = 52;
/** Of the time that is drawn, however little there is to draw. */
const SHORTEST_SECONDS = 60;

/** Points as they came, of each resolution, and the plots of the one that is chosen. */
export class Charts {
  #resolutions: readonly Resolution[] = [];
  #points: Point[][] = [];
  #chosen = 0;
  #plots: readonly { readonly plot: uPlot; readonly of: Plot; readonly figure: HTMLElement }[] = [];

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#rebuild());
    new ResizeObserver(() => this.#resize()).observe(found('#plots'));
  }

  start({ resolutions, points }: Whole): void {
    this.#points = points.map((each) => [...each]);
    if (this.#resolutions.length === 0) {
      this.#resolutions = resolutions;
      this.#offer();
      this.#rebuild();
    } else this.#draw();
  }

  add({ points }: Tick): void {
    for (const [index, { points: most }] of this.#resolutions.entries()) {
      const kept = this.#points[index] ?? [];
      const last = kept.at(-1)?.[0] ?? 0;
      // What a `Whole` has, the tick after it may tell once more.
      kept.push(...(points[index] ?? []).filter(([time]) => time > last));
      kept.splice(0, Math.max(0, kept.length - most));
    }
    if ((points[this.#chosen] ?? []).length > 0) this.#draw();
  }

  #offer(): void {
    const choices = this.#resolutions.map(({ stepSeconds, points }, index) => {
      const attributes = { type: 'radio', name: 'time', value: String(index), ...(index === 0 ? { checked: '' } : {}) };
      const radio = element('input', attributes);
      radio.addEventListener('change', () => {
        this.#chosen = index;
        this.#draw();
      });
      return element('label', {}, radio, durationText(stepSeconds * points));
    });
    found('#charts fieldset').append(...choices);
  }

  #rebuild(): void {
    for (const { plot } of this.#plots) plot.destroy();
    const figures = PLOTS.map(({ title, unit, series }) => {
      const keys = series.map(({ label, color }) =>
        element('li', {}, element('i', { class: color }), `${label} `, element('b')),
      );
      const caption = element('figcaption', {}, `${title} (${unit})`);
      return element('figure', {}, caption, element('div', { role: 'img' }), element('ul', { class: 'key' }, ...keys));
    });
    found('#plots').replaceChildren(...figures);
    this.#plots = figures.map((figure, index) => {
      const of = PLOTS[index] as Plot;
      return { of, figure, plot: new uPlot(optionsOf(of, figure.clientWidth), [[]], found('div', figure)) };
    });
    this.#draw();
  }

  #resize(): void {
    for (const { plot, figure } of this.#plots) plot.setSize({ width: figure.clientWidth, height: PLOT_HEIGHT });
  }

  #draw(): void {
    const points = this.#points[this.#chosen] ?? [];
    const times = points.map(([time]) => time);
    const newest = points.at(-1);
    for (const { plot, of, figure } of this.#plots) {
      plot.setData([times, ...of.series.map(({ at }) => points.map((point) => point[at] ?? null))]);
      const values = of.series.map(({ at }) => String(newest?.[at] ?? 'unknown'));
      for (const [index, value] of figure.querySelectorAll<HTMLElement>('.key b').entries())
        setText(value, values[index] ?? '');
      const now = of.series.map(({ label }, index) => `${label} ${values[index] ?? ''}`);
      found('div', figure).setAttribute('aria-label', `${of.title}, newest: ${now.join(', ')} ${of.unit}`);
    }
  }
}

/** In UTC, as everything here; with seconds where the marks are close. */
function clockTexts(_plot: uPlot, marks: readonly number[]): string[] {
  const shown = (marks[1] ?? 0) - (marks[0] ?? 0) < 60 ? [6, 14] : [6, 11];
  return marks.map((seconds) => timeText(1_000 * seconds).slice(...shown));
}

function optionsOf({ series, isSparse = false }: Plot, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = { stroke: color('--dim'), grid: { stroke: color('--faint'), width: 1 }, ticks: { show: false } };
  // Of a single point uPlot makes years.
  const times = ({ data: [drawn] }: uPlot): uPlot.Range.MinMax => {
    const last = drawn.at(-1) ?? Date.now() / 1_000;
    return [Math.min(drawn[0] ?? last, last - SHORTEST_SECONDS), last];
  };
  return {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    axes: [
      { ...axis, values: clockTexts },
      { ...axis, size: AXIS_WIDTH },
    ],
    scales: { x: { range: times }, y: { range: (_plot, _low, high) => [0, high > 0 ? 1.1 * high : 1] } },
    cursor: { drag: { x: false, y: false } },
    series: [
      {},
      ...series.map((each) => ({
        label: each.label,
        stroke: color(`--${each.color}`),
        width: 1.5,
        spanGaps: isSparse,
      })),
    ],
  };
}
