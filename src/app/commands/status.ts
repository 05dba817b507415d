import { errorFields } from '../../status/hold-report.js';
import { EXIT, type ExitCode } from '../../util/exit-codes.js';
import { asLockstepError, escapeControls, LockstepError } from '../../util/errors.js';
import { RpcTransport } from '../../util/rpc.js';
import { sleep } from '../../util/sleep.js';
import { paint } from './spans.js';
import { readEvents, readStatus, type StatusAnswer } from './status-answer.js';
import { type Look, statusLine, statusLines } from './status-view.js';

export interface StatusOutput {
  readonly stdout: (text: string) => void;
  /** Of the terminal now, in characters; 0 where there is none. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** How a status is shown. */
export interface StatusForm {
  /** One document per look. */
  readonly json: boolean;
  /** The output can be drawn over. */
  readonly isScreen: boolean;
  readonly isColored: boolean;
}

/** For each of the two calls of a look. */
const CALL_TIMEOUT_MS = 3_000;
/** An answer of lockstep has a few kB. */
const MAX_ANSWER_BYTES = 256 * 1024;
const EVENTS_SHOWN = 8;
const LOOK_EVERY_MS = 1_000;

const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** Longer lines are hard to read. */
const MAX_COLUMNS = 120;

/** ECMA-48, and the alternate screen of xterm: what was there before comes back in the end. */
const ESC = '\u001b[';
const ENTER_SCREEN = `${ESC}?1049h${ESC}?25l`;
const LEAVE_SCREEN = `${ESC}?25h${ESC}?1049l`;
const TO_TOP = `${ESC}H`;
const ERASE_REST_OF_LINE = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;

/**
 * Shows once how a lockstep is, and exits 0 when it is ready, else 3.
 * @throws LockstepError STATUS_* when it gives no answer that can be read
 */
export async function showStatus(url: string, form: StatusForm, io: StatusOutput): Promise<ExitCode> {
  const asked = new AskedLockstep(url);
  try {
    const look = await asked.look(new AbortController().signal);
    if (form.json) io.stdout(jsonText(look));
    if (look.seen instanceof LockstepError) throw look.seen;
    if (!form.json) io.stdout(`${pageOf(look, form, io).join('\n')}\n`);
    return look.seen.status.ready ? EXIT.clean : EXIT.notReady;
  } finally {
    await asked.close();
  }
}

/** Shows once a second how a lockstep is, also while there is no answer, until the signal aborts. */
export async function watchStatus(
  url: string,
  form: StatusForm,
  io: StatusOutput,
  signal: AbortSignal,
): Promise<ExitCode> {
  const asked = new AskedLockstep(url);
  const screen = form.isScreen && !form.json ? new Screen(form, io) : null;
  try {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const look = await asked.look(signal);
      if (screen !== null) screen.draw(look);
      else io.stdout(form.json ? jsonText(look) : lineText(look));
      await sleep(Math.max(0, LOOK_EVERY_MS - (performance.now() - startedAt)), signal);
    }
  } catch (thrown) {
    // It waits for an answer or for the next look when it is told to stop.
    if (!signal.aborted) throw thrown;
  } finally {
    screen?.leave();
    await asked.close();
  }
  return EXIT.clean;
}

class AskedLockstep {
  readonly #transport: RpcTransport;

  constructor(url: string) {
    this.#transport = new RpcTransport({
      peer: 'STATUS',
      url,
      headers: {},
      timeoutMs: CALL_TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
      maxConnections: 1,
    });
  }

  /** Rejects only when the signal aborts, or for a bug. */
  async look(signal: AbortSignal): Promise<Look> {
    const seen = await this.#read(signal).catch((thrown: unknown) => {
      const error = asLockstepError(thrown);
      if (signal.aborted || error.code === 'INTERNAL') throw error;
      return error;
    });
    return { name: this.#transport.name, atMs: Date.now(), seen };
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #read(signal: AbortSignal): Promise<StatusAnswer> {
    const status = readStatus(await this.#transport.call({ method: 'follow_status', params: [] }, { signal }));
    const params = [Math.max(0, status.lastEvent - EVENTS_SHOWN), EVENTS_SHOWN];
    const events = readEvents(await this.#transport.call({ method: 'follow_events', params }, { signal }));
    return { status, events: events.slice(-EVENTS_SHOWN) };
  }
}

/** Draws over what it drew before, in one write and without erasing first, so that nothing flickers. */
class Screen {
  readonly #form: StatusForm;
  readonly #io: StatusOutput;
  #last: Look | null = null;

  constructor(form: StatusForm, io: StatusOutput) {
    this.#form = form;
    this.#io = io;
    io.stdout(ENTER_SCREEN);
  }

  draw(look: Look): void {
    this.#last = look;
    const rows = this.#io.size().rows || DEFAULT_SIZE.rows;
    const lines = pageOf(look, this.#form, this.#io).slice(0, rows);
    this.#io.stdout(`${TO_TOP}${lines.map((line) => `${line}${ERASE_REST_OF_LINE}`).join('\n')}${ERASE_BELOW}`);
  }

  /** What was seen last stays in the terminal. */
  leave(): void {
    this.#io.stdout(LEAVE_SCREEN);
    if (this.#last !== null) this.#io.stdout(`${pageOf(this.#last, this.#form, this.#io).join('\n')}\n`);
  }
}

function pageOf(look: Look, { isColored }: StatusForm, io: StatusOutput): readonly string[] {
  // The last column stays free: a terminal that has written to it may wrap, or erase it with the rest of the line.
  const columns = Math.min(MAX_COLUMNS, io.size().columns || DEFAULT_SIZE.columns) - 1;
  return paint(statusLines(look, columns), { columns, colored: isColored });
}

function lineText(look: Look): string {
  return `${paint([statusLine(look)], { columns: Infinity, colored: false }).join('')}\n`;
}

/** What JSON.stringify leaves as it is of control characters is written as \uXXXX, which is the same text in JSON. */
function jsonText({ seen }: Look): string {
  return `${escapeControls(JSON.stringify(seen instanceof LockstepError ? { error: errorFields(seen) } : seen))}\n`;
}
