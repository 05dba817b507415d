import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { LockstepError } from '../util/errors.js';
import { systemErrorCode } from '../util/system-error.js';
import { SIGNATURE } from './lines.js';
import type { LineSink } from './recorder.js';

interface RecordFileParts {
  readonly path: string;
  /** Of this file and the one before it together. */
  readonly maxBytes: number;
  /** On the edges: why it cannot be written, and null when it can again. */
  readonly onTrouble: (reason: string | null) => void;
  readonly pauseMs?: number;
  readonly retryMs?: number;
  readonly maxQueuedBytes?: number;
  readonly write?: (file: FileHandle, text: string) => Promise<unknown>;
}

const PAUSE_MS = 200;
const RETRY_MS = 30_000;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** A disk that hangs may not keep the process from its end. */
const CLOSE_MS = 2_000;

/** The name of the file that went before. */
const olderOf = (path: string): string => `${path}.1`;

interface Part {
  text: string;
  turns: number;
  /** It begins a new file. */
  readonly rotates: boolean;
}

/**
 * A file of lines that is written behind the back of the loop. What the disk cannot keep up with is dropped, and a file that
 * fails is tried again after a while. Nothing here throws.
 */
export class RecordFile implements LineSink {
  readonly #parts: Required<RecordFileParts>;
  #file: FileHandle | null = null;
  #queue: Part[] = [];
  #queuedBytes = 0;
  #size = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  /** Nothing is taken before this time (ms); null: the file is all right as far as is known. */
  #failingUntil: number | null = null;

  constructor(parts: RecordFileParts) {
    const write = (file: FileHandle, text: string): Promise<unknown> => file.appendFile(text);
    const pauses = { pauseMs: PAUSE_MS, retryMs: RETRY_MS, maxQueuedBytes: MAX_QUEUED_BYTES };
    this.#parts = { ...pauses, write, ...parts };
  }

  /** Makes or opens the file, so that what is wrong with it is told at the start. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** A quarter of the whole at most, so that two files always hold a few. */
  get maxLineBytes(): number {
    return Math.floor(this.#parts.maxBytes / 4);
  }

  isOver(bytes: number): boolean {
    return this.#size > 0 && this.#size + bytes > this.#parts.maxBytes / 2;
  }

  rotate(): void {
    if (this.#isRefusing()) return;
    this.#queue.push({ text: '', turns: 0, rotates: true });
    this.#size = 0;
  }

  push(text: string, turns: number): boolean {
    if (this.#isRefusing() || this.#queuedBytes + text.length > this.#parts.maxQueuedBytes) return false;
    const last = this.#queue.at(-1);
    if (last === undefined) this.#queue.push({ text, turns, rotates: false });
    else {
      last.text += text;
      last.turns += turns;
    }
    this.#queuedBytes += text.length;
    this.#size += text.length;
    if (this.#timer === null && !this.#isWriting) this.#writeIn(this.#parts.pauseMs);
    return true;
  }

  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const rest = this.#writing.then(() => this.#drain()).then(() => this.#closeFile());
    let hung: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      hung = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([rest, patience]);
    clearTimeout(hung);
  }

  #isRefusing(): boolean {
    return this.#failingUntil !== null && performance.now() < this.#failingUntil;
  }

  #writeIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isWriting = true;
      this.#writing = this.#drain().finally(() => {
        this.#isWriting = false;
        if (this.#queue.length > 0 && this.#timer === null) this.#writeIn(this.#parts.pauseMs);
      });
    }, ms);
    this.#timer.unref();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const [part] = this.#queue.splice(0, 1) as [Part];
      this.#queuedBytes -= part.text.length;
      try {
        await this.#writePart(part);
        if (this.#failingUntil !== null) this.#parts.onTrouble(null);
        this.#failingUntil = null;
      } catch (thrown) {
        this.#lost += part.turns + this.#queue.reduce((turns, queued) => turns + queued.turns, 0);
        this.#queue = [];
        this.#queuedBytes = 0;
        await this.#closeFile();
        this.#fail(thrown);
      }
    }
  }

  async #writePart({ text, rotates }: Part): Promise<void> {
    if (rotates) {
      await this.#closeFile();
      await rename(this.#parts.path, olderOf(this.#parts.path));
    }
    const file = this.#file ?? (await this.#open(text.length));
    if (text !== '') await this.#parts.write(file, text);
  }

  #fail(thrown: unknown): void {
    const reason = thrown instanceof LockstepError ? (thrown.detail ?? thrown.code) : systemErrorCode(thrown);
    if (this.#failingUntil === null) this.#parts.onTrouble(reason);
    this.#failingUntil = performance.now() + this.#parts.retryMs;
  }

  /** `pendingBytes` go into it at once. */
  async #open(pendingBytes = 0): Promise<FileHandle> {
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    // Whoever may write into the folder must not lead us elsewhere, nor make us wait for a pipe.
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const file = await open(this.#parts.path, flags, 0o600);
    try {
      const stat = await file.stat();
      await requireRecord(file, stat);
      // What is pushed behind a change of files is counted from there.
      if (!this.#queue.some(({ rotates }) => rotates)) this.#size = stat.size + pendingBytes + this.#queuedBytes;
      this.#file = file;
      return file;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }
}

/** Nothing is appended to a file that is another one, and no line to half a one. */
async function requireRecord(
  file: FileHandle,
  stat: { readonly size: number; readonly uid: number; readonly mode: number; isFile(): boolean },
): Promise<void> {
  const refuse = (detail: string): LockstepError => new LockstepError('RECORD_UNREADABLE', { detail });
  if (!stat.isFile()) throw refuse('it is not a file');
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid)
    throw refuse(`it belongs to user ${stat.uid}, and lockstep runs as ${uid}`);
  if (stat.size > 0) {
    const start = await bytesAt(file, 0, SIGNATURE.length);
    if (start !== SIGNATURE) throw refuse('it is there already, and is not a record');
  }
  if ((stat.mode & 0o077) !== 0) await file.chmod(0o600);
  if (stat.size > 0 && (await bytesAt(file, stat.size - 1, 1)) !== '\n') await file.appendFile('\n');
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('latin1', 0, bytesRead);
}
