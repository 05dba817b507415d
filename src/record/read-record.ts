import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { LockstepError, remoteText } from '../util/errors.js';
import { systemErrorCode } from '../util/system-error.js';
import { MAX_LINE_BYTES, readLine, SIGNATURE, type RecordLine } from './lines.js';
import { UnreadableValue } from './values.js';

/** A line and its number in the file; `cut`: the process was ended while it wrote it. */
export interface NumberedLine {
  readonly number: number;
  readonly line: RecordLine | { readonly kind: 'cut' };
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/**
 * The lines of a record, one after the other, however large the file is.
 * @throws LockstepError RECORD_UNREADABLE naming the file and the line
 */
export async function* readRecord(path: string): AsyncGenerator<NumberedLine> {
  const file = await openRecord(path);
  try {
    let number = 0;
    /** A line that cannot be read is one that was cut, if nothing or the start of another run follows. */
    let doubtful: { readonly number: number; readonly error: LockstepError } | null = null;
    for await (const text of linesOf(file, path)) {
      number += 1;
      // What a killed process left open is closed by the next one.
      if (text === '') continue;
      const line = tryLine(path, number, text);
      if (doubtful !== null) {
        if (line instanceof LockstepError || line.kind !== 'header') throw doubtful.error;
        yield { number: doubtful.number, line: { kind: 'cut' } };
        doubtful = null;
      }
      if (!(line instanceof LockstepError)) yield { number, line };
      else if (number === 1) throw line;
      else doubtful = { number, error: line };
    }
    if (number === 0) throw unreadable(path, null, 'it is empty');
    if (doubtful !== null) yield { number: doubtful.number, line: { kind: 'cut' } };
  } finally {
    await file.close();
  }
}

/** @throws LockstepError RECORD_UNREADABLE */
async function openRecord(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    throw unreadable(path, null, systemErrorCode(thrown), thrown);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw unreadable(path, null, 'it is not a file');
}

async function* linesOf(file: FileHandle, path: string): AsyncGenerator<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let parts: Buffer[] = [];
  let held = 0;
  let number = 1;
  for (;;) {
    const { bytesRead } = await read(file, chunk, path);
    if (bytesRead === 0) break;
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0 && end < bytesRead; end = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      [parts, held, from] = [[], 0, end + 1];
      number += 1;
    }
    parts.push(Buffer.from(chunk.subarray(from, bytesRead)));
    held += bytesRead - from;
    if (held > MAX_LINE_BYTES) throw unreadable(path, number, `it is longer than ${MAX_LINE_BYTES} bytes`);
    // Before a file of another kind is read to its end.
    if (number === 1 && held >= SIGNATURE.length && !Buffer.concat(parts).toString('latin1').startsWith(SIGNATURE))
      break;
  }
  if (held > 0) yield Buffer.concat(parts).toString('utf8');
}

async function read(file: FileHandle, chunk: Buffer, path: string): Promise<{ readonly bytesRead: number }> {
  try {
    return await file.read(chunk, 0, chunk.length, null);
  } catch (thrown) {
    throw unreadable(path, null, systemErrorCode(thrown), thrown);
  }
}

function tryLine(path: string, number: number, text: string): RecordLine | LockstepError {
  if (number === 1 && !text.startsWith(SIGNATURE)) return unreadable(path, 1, 'it does not begin as a record does');
  try {
    return readLine(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return unreadable(path, number, 'it is not JSON');
    if (thrown instanceof UnreadableValue) {
      // Only what is not JSON can be half a line.
      throw unreadable(path, number, thrown.message);
    }
    throw thrown;
  }
}

/** The text of the line is never part of it. */
export function unreadable(path: string, line: number | null, detail: string, cause?: unknown): LockstepError {
  const place = line === null ? remoteText(path) : `${remoteText(path)}, line ${line}`;
  return new LockstepError('RECORD_UNREADABLE', { detail: `${place}: ${detail}`, cause });
}
