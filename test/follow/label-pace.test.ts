import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FIRST_LABEL_PACE, lookedAtLabels, nextLabelLook, type LabelPace } from '../../src/follow/label-pace.js';

const BLOCK_MS = 2_000;
const SLOT_MS = 12_000;
/** Between two looks while nothing is known. */
const ANY_TIME_MS = 16_000;

/** Whoever looks at a source whose safe block moves at these times, until `untilMs`. */
class Onlooker {
  pace: LabelPace = FIRST_LABEL_PACE;
  readonly looks: number[] = [];
  /** From each move to the look that met it, the newest move of those that one look met. */
  readonly lags: { readonly atMs: number; readonly lagMs: number }[] = [];
  #nowMs = 0;
  #moved = 0;

  constructor(readonly blockMs: number | null = BLOCK_MS) {}

  watch(moves: readonly number[], untilMs: number): this {
    while (this.#nowMs < untilMs) {
      const atMs = this.#nowMs;
      const before = this.#moved;
      while ((moves[this.#moved] ?? Infinity) <= atMs) this.#moved += 1;
      const moved = this.#moved > before;
      if (moved) this.lags.push({ atMs, lagMs: atMs - moves[this.#moved - 1]! });
      this.looks.push(atMs);
      this.pace = lookedAtLabels(this.pace, { atMs, moved }, this.blockMs);
      this.#nowMs = Math.max(atMs + 1, nextLabelLook(this.pace, this.blockMs) ?? atMs + ANY_TIME_MS);
    }
    return this;
  }

  looksSince(ms: number): number {
    return this.looks.filter((atMs) => atMs >= ms).length;
  }

  meanLagSince(ms: number): number {
    const lags = this.lags.filter(({ atMs }) => atMs >= ms).map(({ lagMs }) => lagMs);
    return lags.reduce((sum, lag) => sum + lag, 0) / lags.length;
  }
}

/** `count` moves, each by up to `spreadMs` later than the clock of the L1 says. */
function regular(count: number, periodMs: number, spreadMs = 0, firstMs = 5_300): number[] {
  return Array.from(
    { length: count },
    (_, slot) => firstMs + slot * periodMs + ((slot * 7_919) % 13) * (spreadMs / 13),
  );
}

describe('the looks at the safe block', () => {
  it.each([
    { periodMs: SLOT_MS, blockMs: BLOCK_MS, what: 'Ethereum' },
    { periodMs: 3_000, blockMs: 1_000, what: 'a devnet' },
  ])('come shortly after each move where they follow the clock of the L1, fewer than two per move: $what', (given) => {
    const { periodMs, blockMs } = given;
    const count = 200;
    const onlooker = new Onlooker(blockMs).watch(regular(count, periodMs), count * periodMs);
    const settledMs = 20 * periodMs;
    const moves = count - 20;
    expect(onlooker.meanLagSince(settledMs)).toBeLessThan(periodMs / 8);
    expect(onlooker.lags.filter(({ atMs }) => atMs >= settledMs).length).toBeGreaterThan(0.98 * (moves - 2));
    expect(onlooker.looksSince(settledMs) / moves).toBeLessThan(1.8);
  });

  it('stay with moves that come sooner and later by a tenth of the period', () => {
    const onlooker = new Onlooker().watch(regular(200, SLOT_MS, 1_200), 200 * SLOT_MS);
    expect(onlooker.meanLagSince(20 * SLOT_MS)).toBeLessThan(SLOT_MS / 6);
    expect(onlooker.looksSince(20 * SLOT_MS) / 180).toBeLessThan(2.2);
  });

  it('find the moves again when they stopped and came back at another time', () => {
    const first = regular(150, SLOT_MS);
    const back = regular(150, SLOT_MS, 0, first.at(-1)! + 20.4 * SLOT_MS);
    const onlooker = new Onlooker().watch([...first, ...back], back.at(-1)!);
    expect(onlooker.meanLagSince(back[40]!)).toBeLessThan(SLOT_MS / 8);
  });

  it.each([
    ['with every block', regular(2_000, BLOCK_MS)],
    ['once in an epoch', regular(10, 384_000)],
    ['never', []],
    ['without any order', Array.from({ length: 400 }, (_, index) => index * 9_000 + ((index * 7_919) % 31) * 450)],
  ])('are not made more often where safe moves %s, but for the lessons of an hour', (_, moves) => {
    const hourMs = 60 * 60_000;
    const onlooker = new Onlooker().watch(moves, hourMs);
    expect(onlooker.looksSince(0)).toBeLessThan(hourMs / ANY_TIME_MS + 48 + 20);
  });

  it('spend few lessons on a source whose safe block moves with every block', () => {
    const onlooker = new Onlooker().watch(regular(2_000, BLOCK_MS), 60_000);
    expect(onlooker.looksSince(0)).toBeLessThan(60_000 / ANY_TIME_MS + 15);
  });

  it('are at no special time before the block time is known', () => {
    const onlooker = new Onlooker(null).watch(regular(200, SLOT_MS), 200 * SLOT_MS);
    expect(onlooker.pace.periodMs).toBeNull();
    expect(onlooker.looksSince(0)).toBe(Math.ceil((200 * SLOT_MS) / ANY_TIME_MS));
  });

  it('lie ahead of the last look, and no further than is known, whatever was seen', () => {
    const step = fc.record({ moved: fc.boolean(), lateMs: fc.integer({ min: 0, max: 60_000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 50, max: 20_000 }), (steps, blockMs) => {
        let pace = FIRST_LABEL_PACE;
        let atMs = 0;
        for (const { moved, lateMs } of steps) {
          const due = nextLabelLook(pace, blockMs);
          if (due !== null) {
            expect(due).toBeGreaterThan(atMs);
            expect(due - atMs).toBeLessThanOrEqual(2 * 30_000);
          }
          atMs = (due ?? atMs + ANY_TIME_MS) + lateMs;
          pace = lookedAtLabels(pace, { atMs, moved }, blockMs);
        }
      }),
    );
  });
});
