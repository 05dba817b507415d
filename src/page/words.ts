import type { Facts } from './wire.js';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** The two greatest units: `3 min 20 s`. */
export function durationText(seconds: number): string {
  let left = Math.max(0, Math.round(seconds));
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  const all = left === 0 && parts.length > 0 ? parts : [...parts, `${left} s`];
  return all.slice(0, 2).join(' ');
}

/** In UTC, as the log. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(5, 19).replace('T', ' ');
}

export function factsText(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name}=${fact}`)
    .join(' ');
}
