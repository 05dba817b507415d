import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Labels, sameBlock } from '../chain/block.js';
import { decodeJournal, encodeJournal, MAX_JOURNAL_BYTES, type Journal } from '../recovery/journal.js';
import { LockstepError } from '../util/errors.js';
import { systemErrorCode } from '../util/system-error.js';

/**
 * The journal at this path, or null where there is none.
 * @throws LockstepError JOURNAL_UNREADABLE for one that cannot be read, is not ours, or is not a journal
 */
export async function readJournal(path: string): Promise<Journal | null> {
  let file: FileHandle | null = null;
  try {
    // Whoever may write into the folder must not lead us elsewhere, nor make us wait for a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return decodeJournal(await readOwn(file));
  } catch (thrown) {
    if (thrown instanceof LockstepError) throw thrown;
    if (systemErrorCode(thrown) === 'ENOENT') return null;
    throw new LockstepError('JOURNAL_UNREADABLE', { detail: systemErrorCode(thrown), cause: thrown });
  } finally {
    await file?.close();
  }
}

async function readOwn(file: FileHandle): Promise<string> {
  const stat = await file.stat();
  const refuse = (detail: string): LockstepError => new LockstepError('JOURNAL_UNREADABLE', { detail });
  if (!stat.isFile()) throw refuse('it is not a file');
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid)
    throw refuse(`it belongs to user ${stat.uid}, and lockstep runs as ${uid}`);
  const buffer = Buffer.alloc(MAX_JOURNAL_BYTES + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > MAX_JOURNAL_BYTES) throw refuse(`it has more than ${MAX_JOURNAL_BYTES} bytes`);
  return buffer.toString('utf8', 0, bytesRead);
}

interface WriterParts {
  readonly path: string;
  readonly chain: Pick<Journal, 'chainId' | 'genesis'>;
  /** What the file holds already. */
  readonly recalled: Labels | null;
  /** On the edges: the system's name for why it cannot be written, and null when it can again. */
  readonly onTrouble: (reason: string | null) => void;
  readonly replace?: (path: string, text: string) => Promise<void>;
  readonly pauseMs?: number;
  readonly retryMs?: number;
}

const PAUSE_MS = 1_000;
const RETRY_MS = 30_000;
const NO_LABELS: Labels = { safe: null, finalized: null };

/** Keeps the file up to date: at most one write per pause, and none without a change. Never throws. */
export class JournalWriter {
  readonly #parts: Required<WriterParts>;
  #labels: Labels;
  /** The labels that the file holds. */
  #written: Labels;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(parts: WriterParts) {
    this.#parts = { replace: replaceFile, pauseMs: PAUSE_MS, retryMs: RETRY_MS, ...parts };
    this.#labels = parts.recalled ?? NO_LABELS;
    this.#written = this.#labels;
  }

  /** These are the labels to keep from now on. */
  note(labels: Labels): void {
    this.#labels = labels;
    if (!this.#isWritten() && this.#timer === null) this.#writeIn(this.#parts.pauseMs);
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
    if (!this.#isWritten()) await this.#write();
  }

  #isWritten(): boolean {
    const { safe, finalized } = this.#written;
    return sameBlock(safe, this.#labels.safe) && sameBlock(finalized, this.#labels.finalized);
  }

  #writeIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#writing = this.#write().then(() => {
        if (this.#timer === null) return;
        this.#timer = null;
        if (!this.#isWritten()) this.#writeIn(this.#failing ? this.#parts.retryMs : this.#parts.pauseMs);
      });
    }, ms);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const { path, chain, replace, onTrouble } = this.#parts;
    const labels = this.#labels;
    try {
      await replace(path, encodeJournal({ ...chain, labels }));
      this.#written = labels;
      if (this.#failing) onTrouble(null);
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) onTrouble(systemErrorCode(thrown));
      this.#failing = true;
    }
  }
}

/** The whole text or none of it stands under the path, also after a power cut. */
async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurably(draft, text);
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(folder);
}

/** The `recursive` of mkdir never returns where a folder cannot be made for ENOENT, as in /proc (Node.js 20). */
async function makeFolder(folder: string): Promise<void> {
  const make = (): Promise<void> => mkdir(folder, { mode: 0o700 });
  try {
    await make();
  } catch (thrown) {
    const reason = systemErrorCode(thrown);
    if (reason === 'EEXIST') return;
    if (reason !== 'ENOENT' || dirname(folder) === folder) throw thrown;
    await makeFolder(dirname(folder));
    await make();
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name is durable when its folder is; not every system can open a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}
