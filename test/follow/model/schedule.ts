import fc from 'fast-check';

/** One turn of the loop in a schedule, as numbers that stand for choices among what the world offers then. */
export interface Step {
  /** What happens before it; 0: nothing. */
  readonly event: number;
  /** What the pollers bring of the source; 0: everything. */
  readonly poll: number;
  /** Which one of the questions of its calls (does it time out?) is answered in another way than the kindest; and how. */
  readonly question: number;
  readonly answer: number;
}

const QUIET: Step = { event: 0, poll: 0, question: 0, answer: 0 };

const MAX_EVENT = 999;
const MAX_POLL = 3;
const MAX_QUESTION = 8;
const MAX_ANSWER = 7;

const TROUBLED: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(MAX_EVENT), fc.nat(MAX_POLL), fc.nat(MAX_QUESTION), fc.nat(MAX_ANSWER))
  .map(
    ([event, poll, question, answer]) => ({ event, poll, question, answer }),
    (step) => {
      const { event, poll, question, answer } = step as Step;
      return [event, poll, question, answer];
    },
  );

/** Quiet turns for each turn in which something goes wrong: from a long peace to none. */
const PEACE = [12, 4, 1];

/** A world to begin with, and what goes wrong in it turn by turn. It shrinks to turns in which nothing does. */
export class Schedule {
  readonly world: number;
  readonly steps: readonly Step[];

  constructor(world: number, steps: readonly Step[]) {
    this.world = world;
    this.steps = steps;
  }

  /** How many turns something goes wrong in. */
  get troubled(): number {
    return this.steps.filter((step) => !isQuiet(step)).length;
  }

  /** What fast-check shows of it; the names of the choices are part of the failure. */
  [fc.toStringMethod](): string {
    const steps = this.steps.flatMap((step, turn) => (isQuiet(step) ? [] : [`turn ${turn}: ${textOf(step)}`]));
    return `world ${this.world}, ${this.steps.length} turns${steps.map((text) => `; ${text}`).join('')}`;
  }
}

export function schedules(worlds: number, turns: number): fc.Arbitrary<Schedule> {
  const lists = PEACE.map((quiet) => {
    const step = fc.oneof(
      { withCrossShrink: true },
      { arbitrary: fc.constant(QUIET), weight: quiet },
      { arbitrary: TROUBLED, weight: 1 },
    );
    return fc.array(step, { minLength: turns, maxLength: turns });
  });
  return fc.tuple(fc.nat(worlds - 1), fc.oneof(...lists)).map(([world, steps]) => new Schedule(world, steps));
}

function isQuiet({ event, poll, answer }: Step): boolean {
  return event === 0 && poll === 0 && answer === 0;
}

function textOf({ event, poll, question, answer }: Step): string {
  const parts = [
    event > 0 && `event ${event}`,
    poll > 0 && `poll ${poll}`,
    answer > 0 && `answer ${answer} to question ${question}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}
