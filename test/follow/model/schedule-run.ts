import { Choices } from './choices.js';
import { engineChanges, engineStarts, pollsAfter, rebooted, sourceChanges, type WorldEvent } from './events.js';
import { comeToRest } from './liveness.js';
import type { Step } from './schedule.js';
import { Turn, type Core } from './turn.js';
import { asViolation, Violation } from './violation.js';
import { firstWorld, type Scenario, type World } from './world.js';

/** What happens in a schedule: most often something to the source, least often a start of the EL. */
const CHANGES = [sourceChanges, engineChanges, sourceChanges, engineStarts, sourceChanges, engineChanges] as const;

/** Longer than every pause, back-off and cool-down. */
const REST_MS = 61 * 60_000;

/** So many turns before a violation are told of. */
const MAX_TOLD = 60;

interface Told {
  readonly event: string;
  readonly turn: Turn;
}

/**
 * Plays a schedule to its end, and then lets the world come to rest.
 * @throws Violation that tells the turns before it
 */
export function play(scenario: Scenario, steps: readonly Step[], core: Core): void {
  const told: Told[] = [];
  try {
    let world = firstWorld(scenario, scenario.budget);
    for (const step of steps) {
      const { name, next } = eventOf(scenario, world, step);
      const turn = new Turn(scenario, next, core);
      told.push({ event: name, turn });
      world = after(scenario, turn, step);
    }
    comeToRest(scenario, core, { ...world, now: world.now + REST_MS });
  } catch (thrown) {
    const { invariant, what } = asViolation(thrown);
    throw new Violation(invariant, `${what}, in the world ${scenario.name}, after\n${story(told)}`);
  }
}

function after(scenario: Scenario, turn: Turn, { question, answer }: Step): World {
  const script = answer === 0 ? [] : [...Array<number>(question).fill(0), answer];
  const world = turn.act(new Choices(script));
  if (world !== null) return world;
  // Whoever supervises the process starts it again.
  const halted = turn.halted();
  return rebooted(scenario, halted, halted.state.remembered);
}

/** What stands for 0 is that nothing happens and everything is polled. */
function eventOf(scenario: Scenario, world: World, { event, poll }: Step): WorldEvent {
  const polled = pollsAfter(changeOf(scenario, world, event));
  return polled[poll % polled.length]!;
}

function changeOf(scenario: Scenario, world: World, event: number): WorldEvent {
  const nothing = { name: '', next: world };
  if (event === 0) return nothing;
  const changes = CHANGES[event % CHANGES.length]!(scenario, world);
  return changes[Math.floor(event / CHANGES.length) % changes.length] ?? nothing;
}

/** A line per turn; turns that are alike, and begin with nothing, are one. */
function story(told: readonly Told[]): string {
  const lines: { readonly text: string; count: number }[] = [];
  for (const { event, turn } of told) {
    const text = event === '' ? turn.describe() : `[${event}] ${turn.describe()}`;
    const last = lines.at(-1);
    if (last?.text === text) last.count += 1;
    else lines.push({ text, count: 1 });
  }
  return lines
    .slice(-MAX_TOLD)
    .map(({ text, count }) => (count === 1 ? text : `${text} (${count} turns)`))
    .join('\n');
}
