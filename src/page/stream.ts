import type { Tick, Whole } from './wire.js';

interface Readers {
  readonly whole: (whole: Whole) => void;
  readonly tick: (tick: Tick) => void;
  /** Nothing has come for so many seconds; 0: it comes. */
  readonly silence: (seconds: number) => void;
}

/** A message comes every second, so one that says nothing for so long is gone. */
const SILENCE_MS = 5_000;
const CHECK_MS = 1_000;

/** Reads the events of lockstep, and begins anew whenever they cease. */
export function readEvents(url: string, { whole, tick, silence }: Readers): void {
  let source: EventSource | null = null;
  let heardAt = Date.now();
  let openedAt = 0;
  const open = (): void => {
    source?.close();
    openedAt = Date.now();
    source = new EventSource(url);
    source.addEventListener('whole', ({ data }: MessageEvent<string>) => heard(() => whole(JSON.parse(data) as Whole)));
    source.addEventListener('tick', ({ data }: MessageEvent<string>) => heard(() => tick(JSON.parse(data) as Tick)));
  };
  const heard = (draw: () => void): void => {
    heardAt = Date.now();
    draw();
    silence(0);
  };
  setInterval(() => {
    const silentMs = Date.now() - heardAt;
    if (silentMs < SILENCE_MS) return;
    silence(Math.round(silentMs / 1_000));
    // It tries again by itself, but not after a refusal, nor on a connection that hangs.
    if (Date.now() - openedAt >= SILENCE_MS) open();
  }, CHECK_MS);
  open();
}
