import { describe, expect, it } from '@jest/globals';
import { History, RESOLUTIONS } from '../../../src/status/live/history.js';

/** A sample whose worst value and whose speed are these. */
function sample(time: number, worst: number, speed = 0): number[] {
  return [time, worst, NaN, NaN, NaN, NaN, NaN, speed];
}

describe('the history of a day', () => {
  it('gives a point once its step is over, with the worst of it and the mean speed', () => {
    const history = new History();
    history.add(sample(100.2, 3, 1));
    history.add(sample(100.9, 7, 2));
    expect(history.after(null)[0]).toEqual([]);
    history.add(sample(101.1, 1));
    expect(history.after(null)[0]).toEqual([[100, 7, null, null, null, null, null, 1.5]]);
    expect(history.after(null)[1]).toEqual([]);
  });

  it('takes what is known over what is not, in whatever order it comes', () => {
    const history = new History();
    for (const [time, worst] of [
      [1.1, NaN],
      [1.5, 4],
      [1.9, NaN],
      [2, 9],
    ] as const)
      history.add(sample(time, worst));
    expect(history.after(null)[0]).toEqual([[1, 4, null, null, null, null, null, 0]]);
  });

  it('keeps a fixed number of points of each resolution, the newest', () => {
    const history = new History();
    for (let time = 0; time <= 100_000; time += 1) history.add(sample(time, time));
    const kept = history.after(null);
    expect(kept.map((points) => points.length)).toEqual(RESOLUTIONS.map(({ points }) => points));
    expect(kept.map((points) => points.at(-1)?.[0])).toEqual([99_999, 99_990, 99_900]);
    expect(kept.map((points) => points[0]?.[0])).toEqual([99_100, 89_200, 13_560]);
  });

  it('gives what came after a cursor, or all that is left of it', () => {
    const history = new History();
    for (let time = 0; time < 10; time += 1) history.add(sample(time, time));
    const cursor = history.cursor;
    expect(history.after(cursor)).toEqual([[], [], []]);
    for (let time = 10; time < 12; time += 1) history.add(sample(time, time));
    expect(history.after(cursor)[0]?.map(([time]) => time)).toEqual([9, 10]);
    for (let time = 12; time < 3_000; time += 1) history.add(sample(time, time));
    expect(history.after(cursor)[0]).toHaveLength(900);
  });

  it('leaves a hole where nothing was measured', () => {
    const history = new History();
    for (const time of [1, 2, 60, 61]) history.add(sample(time, 5));
    expect(history.after(null)[0]?.map(([time, worst]) => [time, worst])).toEqual([
      [1, 5],
      [2, 5],
      [3, null],
      [60, 5],
    ]);
  });
});
