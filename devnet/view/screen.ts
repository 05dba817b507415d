import type { WriteStream } from 'node:tty';
import { renderLine, renderTable } from './render.js';
import type { Snapshot } from './snapshot.js';

const LINE_EVERY_MS = 3_000;
const DEFAULT_COLUMNS = 80;

/** Draws snapshots in place on a terminal, or as a line every few seconds anywhere else. */
export class Screen {
  private drawnLines = 0;
  private lastLineAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly out: WriteStream) {}

  show(snapshot: Snapshot): void {
    if (this.out.isTTY) this.redraw(renderTable(snapshot));
    else this.writeNowAndThen(renderLine(snapshot));
  }

  /** A message that stays: later snapshots are drawn below it. */
  say(message: string): void {
    this.erase();
    this.out.write(`${message}\n`);
  }

  private erase(): void {
    if (this.drawnLines === 0) return;
    this.out.moveCursor(0, -this.drawnLines);
    this.out.cursorTo(0);
    this.out.clearScreenDown();
    this.drawnLines = 0;
  }

  private redraw(lines: readonly string[]): void {
    this.erase();
    // A line that wraps would make the next redraw start too low. A terminal may not know its width and say 0.
    const width = (this.out.columns || DEFAULT_COLUMNS) - 1;
    this.out.write(lines.map((line) => `${line.slice(0, width)}\n`).join(''));
    this.drawnLines = lines.length;
  }

  private writeNowAndThen(line: string): void {
    const now = performance.now();
    if (now - this.lastLineAt < LINE_EVERY_MS) return;
    this.lastLineAt = now;
    this.out.write(`${line}\n`);
  }
}
