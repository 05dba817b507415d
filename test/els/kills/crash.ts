/** What one SIGKILL of an EL came to. */
export interface Crash {
  /** Where the EL stood when it was killed, and where it came back. */
  readonly before: number;
  readonly after: number;
  /** Its head, safe and finalized label after the restart, as heights; null where it has none. */
  readonly labels: { readonly safe: number | null; readonly finalized: number | null };
  /** It called a block above its head VALID and did not move there: a plain replayer would be stuck for good. */
  readonly wedged: boolean;
  /** How often lockstep had to clear old blocks away. */
  readonly cleared: number;
  /** From its first answer to the head of the source; null where it did not get there. */
  readonly healMs: number | null;
  /** Why lockstep holds, where it did not heal. */
  readonly hold: string | null;
}

const HEADER = ['', 'killed at', 'came back at', 'lost', 'labels', 'plain replayer', 'cleared', 'healed'];

export function crashRow(name: string, crash: Crash): readonly string[] {
  const { before, after, labels, wedged, cleared, healMs, hold } = crash;
  return [
    name,
    String(before),
    String(after),
    String(before - after),
    `${labels.safe ?? '-'}/${labels.finalized ?? '-'}`,
    wedged ? 'wedged' : 'goes on',
    String(cleared),
    healMs === null ? `holds: ${hold ?? ''}` : seconds(healMs),
  ];
}

/** One line per crash, and what they have in common. */
export function crashTable(
  crashes: readonly (readonly [name: string, crash: Crash])[],
): readonly (readonly string[])[] {
  return [HEADER, ...crashes.map(([name, crash]) => crashRow(name, crash))];
}

export function totals(crashes: readonly Crash[]): string {
  const healed = crashes.flatMap(({ healMs }) => (healMs === null ? [] : [healMs])).sort((a, b) => a - b);
  const wedged = crashes.filter((crash) => crash.wedged).length;
  const lost = crashes.map(({ before, after }) => before - after);
  return [
    `${crashes.length} kills, ${healed.length} healed, ${wedged} would have wedged a plain replayer`,
    `blocks lost ${Math.min(...lost)} to ${Math.max(...lost)}`,
    `seconds to heal: median ${seconds(healed[Math.floor(healed.length / 2)] ?? 0)}, longest ${seconds(healed.at(-1) ?? 0)}`,
  ].join('; ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
