import type { Point, Resolution } from '../../page/wire.js';

/** Time and values of a moment, in the order of `Point`; NaN where there is none. */
export type Sample = readonly number[];

/** A quarter of an hour, three hours and a day: 0.2 MB together. */
export const RESOLUTIONS: readonly Resolution[] = [
  { stepSeconds: 1, points: 900 },
  { stepSeconds: 10, points: 1_080 },
  { stepSeconds: 60, points: 1_440 },
];

const WIDTH = 8;
/** The speed, of which a coarser point tells the mean; of everything else it tells the worst. */
const MEAN_AT = 7;
/** A line is not drawn over a time in which nothing was measured. */
const GAP_STEPS = 5;

/** How far each resolution was read. */
export type Cursor = readonly number[];

/** The samples of a day, of which the older ones are kept more coarsely. */
export class History {
  readonly #rings = RESOLUTIONS.map((resolution) => new Ring(resolution));

  /** Samples come in the order of time, in seconds. */
  add(sample: Sample): void {
    for (const ring of this.#rings) ring.add(sample);
  }

  /** The points of each resolution after the cursor, or all that are kept. */
  after(cursor: Cursor | null): readonly (readonly Point[])[] {
    return this.#rings.map((ring, index) => ring.after(cursor?.[index] ?? 0));
  }

  get cursor(): Cursor {
    return this.#rings.map((ring) => ring.added);
  }
}

class Ring {
  readonly #step: number;
  readonly #size: number;
  readonly #values: Float64Array;
  #added = 0;
  #lastTime = NaN;
  #open: { readonly bucket: number; readonly worst: number[]; count: number } | null = null;

  constructor({ stepSeconds, points }: Resolution) {
    this.#step = stepSeconds;
    this.#size = points;
    this.#values = new Float64Array(points * WIDTH);
  }

  get added(): number {
    return this.#added;
  }

  /** The samples of a step become one point once the step is over. */
  add(sample: Sample): void {
    const bucket = Math.floor((sample[0] ?? 0) / this.#step);
    const open = this.#open;
    if (open !== null && open.bucket === bucket) {
      merge(open.worst, sample, open.count);
      open.count += 1;
      return;
    }
    if (open !== null) this.#push(open.worst);
    this.#open = { bucket, worst: [bucket * this.#step, ...sample.slice(1)], count: 1 };
  }

  after(cursor: number): readonly Point[] {
    const first = Math.max(cursor, this.#added - this.#size);
    return Array.from({ length: Math.max(0, this.#added - first) }, (_, index) => this.#point(first + index));
  }

  #push(values: readonly number[]): void {
    const [time = 0] = values;
    if (time - this.#lastTime > GAP_STEPS * this.#step) this.#write([this.#lastTime + this.#step]);
    this.#lastTime = time;
    this.#write(values);
  }

  #write(values: readonly number[]): void {
    const at = (this.#added % this.#size) * WIDTH;
    for (let index = 0; index < WIDTH; index += 1) this.#values[at + index] = values[index] ?? NaN;
    this.#added += 1;
  }

  #point(number: number): Point {
    const at = (number % this.#size) * WIDTH;
    const [time = 0, ...values] = this.#values.subarray(at, at + WIDTH);
    return [
      time,
      ...values.map((value) => (Number.isNaN(value) ? null : Math.round(value * 10) / 10)),
    ] as unknown as Point;
  }
}

function merge(into: number[], sample: Sample, count: number): void {
  for (let index = 1; index < WIDTH; index += 1) {
    const [was, is] = [into[index] ?? NaN, sample[index] ?? NaN];
    if (Number.isNaN(is)) continue;
    if (Number.isNaN(was)) into[index] = is;
    else into[index] = index === MEAN_AT ? (was * count + is) / (count + 1) : Math.max(was, is);
  }
}
