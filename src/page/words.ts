import type { Facts } from './wire.js';

/** In UTC, as the log. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(5, 19).replace('T', ' ');
}

export function factsText(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name}=${fact}`)
    .join(' ');
}
