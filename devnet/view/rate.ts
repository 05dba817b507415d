const WINDOW_MS = 5_000;

/** How fast a height grows, over the last few seconds. */
export class Rate {
  private samples: { readonly atMs: number; readonly height: number }[] = [];

  /** Takes the height at a time and returns blocks per second; a height that falls counts from there anew. */
  sample(height: number, atMs: number): number {
    const last = this.samples.at(-1);
    if (last !== undefined && height < last.height) this.samples = [];
    this.samples.push({ atMs, height });
    while (this.samples.length > 2 && atMs - (this.samples[1]?.atMs ?? atMs) >= WINDOW_MS) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || first.atMs === atMs) return 0;
    return ((height - first.height) * 1000) / (atMs - first.atMs);
  }
}
