import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  FIRST_HEAD_PACE,
  found,
  type HeadPace,
  type Look,
  missed,
  nextLook,
  type PaceOptions,
  unsure,
} from '../../src/follow/head-pace.js';

interface SourceModel {
  readonly blockMs: number;
  /** When block n is there, by the clock of the source, which is ours. */
  readonly arrivalMs: (number: number) => number;
  readonly timestamp: (number: number) => number;
  /** There and back. */
  readonly roundTripMs: number;
  /** It pushes each head as it comes. */
  readonly pushes: boolean;
}

interface Met {
  readonly number: number;
  /** From the block being at the source to the answer that brought it, or to the push. */
  readonly lateMs: number;
  readonly looks: number;
}

/** Follows the model by the rule, as the watch does, with one look at a time. Every look and every head is kept. */
class Following {
  readonly looks: Look[] = [];
  readonly met: Met[] = [];
  pace: HeadPace = FIRST_HEAD_PACE;
  nowMs: number;
  #head = -1;
  #looksForHead = 0;
  #pushed = -1;

  constructor(
    readonly model: SourceModel,
    readonly options: PaceOptions,
    startMs = 0,
  ) {
    this.nowMs = startMs;
  }

  until(number: number, limit = 100_000): this {
    for (let steps = 0; this.#head < number; steps++) {
      if (steps > limit) throw new Error(`block ${number} is not met after ${limit} looks; head ${this.#head}`);
      this.step();
    }
    return this;
  }

  step(): void {
    const { model } = this;
    const look = nextLook(this.pace, { ...this.options, pushed: this.options.pushed && this.#pushed >= 0 }, this.nowMs);
    const sentAtMs = Math.max(this.nowMs, look.atMs);
    const push = Math.max(this.#head, this.#pushed) + 1;
    const pushAtMs = model.arrivalMs(push) + model.roundTripMs / 2;
    if (model.pushes && this.#head >= 0 && pushAtMs <= sentAtMs && push > this.#head) {
      this.nowMs = Math.max(this.nowMs, pushAtMs);
      this.#pushed = push;
      this.#meet(push, 'push', pushAtMs, pushAtMs);
      return;
    }
    const doneAtMs = sentAtMs + model.roundTripMs;
    const there = this.#latest(sentAtMs + model.roundTripMs / 2);
    this.looks.push({ ...look, atMs: sentAtMs });
    this.#looksForHead += 1;
    this.nowMs = doneAtMs;
    const number = look.ask === 'next' ? Math.min(there, this.#head + 1) : there;
    if (number <= this.#head) this.pace = missed(this.pace, { sentAtMs, doneAtMs });
    else this.#meet(number, look.ask, sentAtMs, doneAtMs);
  }

  #meet(number: number, by: 'latest' | 'next' | 'push', sentAtMs: number, doneAtMs: number): void {
    this.pace = found(this.pace, { number, timestamp: this.model.timestamp(number), by, sentAtMs, doneAtMs });
    this.met.push({ number, lateMs: doneAtMs - this.model.arrivalMs(number), looks: this.#looksForHead });
    this.#head = number;
    this.#looksForHead = 0;
  }

  #latest(atMs: number): number {
    let number = this.#head;
    while (this.model.arrivalMs(number + 1) <= atMs) number += 1;
    return number;
  }
}

const AUTO: PaceOptions = { pollIntervalMs: 'auto', pushed: false };

function steady(
  blockMs: number,
  o: Partial<SourceModel> & { phaseMs?: number; jitterMs?: number[] } = {},
): SourceModel {
  const { phaseMs = 0, jitterMs = [0] } = o;
  return {
    blockMs,
    arrivalMs: (number) => phaseMs + number * blockMs + (jitterMs[number % jitterMs.length] ?? 0),
    timestamp: (number) => 1_700_000_000 + Math.floor((number * blockMs) / 1_000),
    roundTripMs: 1,
    pushes: false,
    ...o,
  };
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

/** Any block time and phase, a way of up to an eighth of the block time, and jitter of up to a twentieth of it. */
const MODELS = fc
  .record({
    blockMs: fc.integer({ min: 200, max: 12_000 }),
    phase: fc.double({ min: 0, max: 1, noNaN: true }),
    way: fc.double({ min: 0, max: 1 / 8, noNaN: true }),
    jitter: fc.array(fc.double({ min: 0, max: 0.05, noNaN: true }), { minLength: 1, maxLength: 20 }),
    clockS: fc.constantFrom('as they are made', 'one second each'),
  })
  .map(({ blockMs, phase, way, jitter, clockS }) =>
    steady(blockMs, {
      phaseMs: phase * blockMs,
      jitterMs: jitter.map((part) => part * blockMs),
      roundTripMs: 1 + Math.min(150, way * blockMs),
      ...(clockS === 'one second each' && { timestamp: (number: number) => 1_700_000_000 + number }),
    }),
  );

const LEARNED = 40;
const LAST = 120;

function learned(met: readonly Met[]): readonly Met[] {
  return met.filter(({ number }) => number > LEARNED);
}

describe('looking for the next block', () => {
  it('asks for the head before anything is known, and for the next block once its time is', () => {
    const following = new Following(steady(2_000), AUTO, 10_333);
    expect(nextLook(FIRST_HEAD_PACE, AUTO, 0).ask).toBe('latest');
    following.until(20);
    expect(following.pace.blockMs).toBe(2_000);
    expect(following.looks.at(-1)?.ask).toBe('next');
  });

  it.each([1_000, 2_000, 12_000])('costs less than 1.4 looks per block of %d ms, soon after it is there', (blockMs) => {
    const met = learned(
      new Following(steady(blockMs, { phaseMs: 0.3 * blockMs }), AUTO, 7 * blockMs + 333).until(400).met,
    );
    expect(mean(met.map(({ looks }) => looks))).toBeLessThan(1.4);
    const lateMs = met.map((each) => each.lateMs);
    expect(quantile(lateMs, 0.5)).toBeLessThan(blockMs / 80);
    expect(quantile(lateMs, 0.99)).toBeLessThan(blockMs / 30);
  });

  it('costs few looks and little time whatever the pace, the way and the jitter of the source', () => {
    fc.assert(
      fc.property(MODELS, (model) => {
        const { blockMs, roundTripMs } = model;
        const met = learned(new Following(model, AUTO, 5.5 * blockMs).until(LAST).met);
        expect(mean(met.map(({ looks }) => looks))).toBeLessThan(4);
        expect(
          quantile(
            met.map(({ lateMs }) => lateMs),
            0.5,
          ),
        ).toBeLessThan(roundTripMs + 10 + blockMs / 12);
      }),
    );
  });

  it('never looks twice at the same time, and backs off to one look in two block times where no block comes', () => {
    fc.assert(
      fc.property(MODELS, fc.integer({ min: 30, max: 60 }), (model, last) => {
        const halted = { ...model, arrivalMs: (n: number) => (n > last ? Infinity : model.arrivalMs(n)) };
        const following = new Following(halted, AUTO, 5.5 * model.blockMs).until(last);
        const before = following.looks.length;
        for (let more = 0; more < 60; more++) following.step();
        const looks = following.looks.slice(before);
        const gapsMs = looks.slice(1).map(({ atMs }, index) => atMs - (looks[index]?.atMs ?? 0));
        expect(Math.min(...gapsMs)).toBeGreaterThan(0);
        expect(looks.at(-1)?.ask).toBe('latest');
        expect(gapsMs.at(-1)).toBeCloseTo(2 * (following.pace.blockMs ?? 0));
        const soon = looks.filter(({ atMs }) => atMs < (looks[0]?.atMs ?? 0) + 2 * model.blockMs);
        expect(soon.length).toBeLessThan(25);
      }),
    );
  });

  it('finds its pace again when the blocks come at other times than they did', () => {
    const shifted = steady(2_000, {
      arrivalMs: (number) => 2_000 * number + (number > 100 ? 700 : 0),
    });
    const { met } = new Following(shifted, AUTO, 10_333).until(160);
    const after = met.filter(({ number }) => number > 130);
    expect(
      quantile(
        after.map(({ lateMs }) => lateMs),
        0.99,
      ),
    ).toBeLessThan(2_000 / 15);
    expect(mean(after.map(({ looks }) => looks))).toBeLessThan(2);
  });

  it('is not led astray by one late block', () => {
    const late = steady(2_000, { arrivalMs: (number) => 2_000 * number + (number === 100 ? 600 : 0) });
    const { met } = new Following(late, AUTO, 10_333).until(160);
    const after = met.filter(({ number }) => number > 100);
    expect(
      quantile(
        after.map(({ lateMs }) => lateMs),
        0.99,
      ),
    ).toBeLessThan(2_000 / 10);
  });

  it('looks at the head, and not for the next block, when two block times passed without one, and when a look failed', () => {
    const { pace, nowMs } = new Following(steady(2_000), AUTO, 10_333).until(40);
    expect(nextLook(pace, AUTO, nowMs).ask).toBe('next');
    expect(nextLook(pace, AUTO, nowMs + 10_000).ask).toBe('latest');
    expect(nextLook(unsure(pace), AUTO, nowMs)).toEqual({ ask: 'latest', atMs: -Infinity });
  });

  it('keeps its pace over a reorg to the same height or below', () => {
    const { pace, nowMs } = new Following(steady(2_000), AUTO, 10_333).until(40);
    const times = { sentAtMs: nowMs, doneAtMs: nowMs + 1 };
    const beside = found(pace, { number: 39, timestamp: 1_700_000_078, by: 'latest', ...times });
    expect(beside.head?.number).toBe(39);
    expect(beside.expectedAtMs).toBeGreaterThan(nowMs);
    expect(beside.expectedAtMs).toBeLessThanOrEqual(nowMs + 2_000);
  });
});

describe('a fixed interval', () => {
  it('is the pause between two looks at the head', () => {
    const following = new Following(steady(2_000), { pollIntervalMs: 300, pushed: false }, 333).until(10);
    expect(following.looks.every(({ ask }) => ask === 'latest')).toBe(true);
    const gapsMs = following.looks.slice(1).map(({ atMs }, index) => atMs - (following.looks[index]?.atMs ?? 0));
    expect(new Set(gapsMs)).toEqual(new Set([300]));
  });
});

describe('with heads that are pushed', () => {
  it('does not look near the source: every head is pushed first', () => {
    const { met } = new Following(steady(2_000, { pushes: true }), { ...AUTO, pushed: true }, 10_333).until(100);
    expect(learned(met).every(({ looks }) => looks === 0)).toBe(true);
  });

  it('sends one look far from the source, which meets the block half a way earlier than a fetch after the push', () => {
    const model = steady(2_000, { pushes: true, roundTripMs: 100 });
    const met = learned(new Following(model, { ...AUTO, pushed: true }, 10_333).until(200).met);
    expect(Math.max(...met.map(({ looks }) => looks))).toBeLessThanOrEqual(1);
    expect(
      quantile(
        met.map(({ lateMs }) => lateMs),
        0.5,
      ),
    ).toBeLessThan(100);
  });

  it('looks by itself half a block time after a head that was not pushed', () => {
    const model = steady(2_000, { pushes: true });
    const following = new Following(model, { ...AUTO, pushed: true }, 10_333).until(100);
    const look = nextLook(following.pace, { ...AUTO, pushed: true }, following.nowMs);
    expect(look.ask).toBe('next');
    expect(look.atMs - model.arrivalMs(101)).toBeCloseTo(1_000, -2);
  });
});
