import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { JournalWriter, readJournal } from '../../src/app/journal-file.js';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { encodeJournal, type Journal } from '../../src/recovery/journal.js';
import { asLockstepError } from '../../src/util/errors.js';
import type { Hash } from '../../src/util/hex.js';

const hash = (mark: number): Hash => `0x${mark.toString(16).padStart(64, '0')}`;
const ref = (number: number): BlockRef => ({
  number,
  hash: hash(number),
  parentHash: hash(number - 1),
  timestamp: number,
});
const at = (number: number): Labels => ({ safe: ref(number + 1), finalized: ref(number) });

const CHAIN = { chainId: 901, genesis: hash(1) };
const journalAt = (number: number): Journal => ({ ...CHAIN, labels: at(number) });
const QUICK = { pauseMs: 5, retryMs: 5 };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-journal-'));
  path = join(folder, 'state', 'el.json');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(text: string): void {
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(path, text);
}

async function refusal(): Promise<string> {
  try {
    return `read ${JSON.stringify(await readJournal(path))}`;
  } catch (thrown) {
    const error = asLockstepError(thrown);
    expect(error.code).toBe('JOURNAL_UNREADABLE');
    return error.detail ?? '';
  }
}

function writer(
  troubles: (string | null)[],
  more: Partial<ConstructorParameters<typeof JournalWriter>[0]> = {},
): JournalWriter {
  return new JournalWriter({
    path,
    chain: CHAIN,
    recalled: null,
    onTrouble: (reason) => troubles.push(reason),
    ...QUICK,
    ...more,
  });
}

/** A disk that answers with this error while it is set; no real one can be filled without rights that a test may lack. */
function faultyDisk(): {
  code: string | null;
  texts: string[];
  replace: (path: string, text: string) => Promise<void>;
} {
  const disk = {
    code: null as string | null,
    texts: [] as string[],
    replace: (_path: string, text: string): Promise<void> => {
      if (disk.code !== null) return Promise.reject(Object.assign(new Error(disk.code), { code: disk.code }));
      disk.texts.push(text);
      return Promise.resolve();
    },
  };
  return disk;
}

describe('the journal file', () => {
  it('is written whole, for its owner alone, in a folder of its own, and found again', async () => {
    const troubles: (string | null)[] = [];
    const open = writer(troubles);
    open.note(at(10));
    await open.close();
    expect(await readJournal(path)).toEqual(journalAt(10));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'state'))).toEqual(['el.json']);
    expect(troubles).toEqual([]);
  });

  it('is not there at first, which is nothing to speak of', async () => {
    expect(await readJournal(path)).toBeNull();
  });

  it('is written by itself a while after a change, the newest labels only, and not without a change', async () => {
    const disk = faultyDisk();
    const open = writer([], { replace: disk.replace, recalled: at(10) });
    open.note(at(10));
    for (const number of [11, 12, 13]) open.note(at(number));
    await waitUntil('it is written', () => Promise.resolve(disk.texts.length > 0), 5_000);
    expect(disk.texts).toEqual([encodeJournal(journalAt(13))]);
    open.note(at(13));
    await delay(30);
    await open.close();
    expect(disk.texts).toHaveLength(1);
  });

  it.each([
    ['nothing at all', () => put(''), 'it is not JSON'],
    ['garbage', () => put('\u0000\u0001'), 'it is not JSON'],
    ['half a journal', () => put(encodeJournal(journalAt(10)).slice(0, 100)), 'it is not JSON'],
    ['another version', () => put('{"version":7}'), 'its version is 7, and this lockstep reads 1'],
    [
      'a gigabyte of nothing',
      () => execFileSync('truncate', ['-s', '1G', (put(''), path)]),
      'it has more than 4096 bytes',
    ],
    ['a folder', () => mkdirSync(path, { recursive: true }), 'it is not a file'],
    [
      'a pipe that nobody writes to',
      () => execFileSync('mkfifo', [(mkdirSync(join(folder, 'state')), path)]),
      'it is not a file',
    ],
    [
      'a link to somebody elses file',
      () => {
        put('');
        writeFileSync(join(folder, 'other.json'), encodeJournal(journalAt(10)));
        rmSync(path);
        symlinkSync(join(folder, 'other.json'), path);
      },
      'ELOOP',
    ],
    ['a file where its folder should be', () => writeFileSync(join(folder, 'state'), ''), 'ENOTDIR'],
  ])('with %s in its place is refused with a reason', async (_case, prepare, detail) => {
    prepare();
    expect(await refusal()).toBe(detail);
  });

  it('that belongs to another user is refused', async () => {
    const uid = process.getuid?.();
    // Only root can give a file away, and for everybody else a file of root is one of another user.
    const isRoot = uid === 0;
    put(encodeJournal(journalAt(10)));
    if (isRoot) chownSync(path, 65_534, 65_534);
    else path = '/etc/passwd';
    expect(await refusal()).toBe(`it belongs to user ${isRoot ? 65_534 : 0}, and lockstep runs as ${uid}`);
  });

  it('replaces a link in its place and not what the link points to', async () => {
    put('');
    const other = join(folder, 'other.json');
    writeFileSync(other, 'of somebody else');
    rmSync(path);
    symlinkSync(other, path);
    const open = writer([]);
    open.note(at(10));
    await open.close();
    expect(readFileSync(other, 'utf8')).toBe('of somebody else');
    expect(await readJournal(path)).toEqual(journalAt(10));
  });

  it('that cannot be written is told once, tried again, and told when it can be', async () => {
    writeFileSync(join(folder, 'state'), 'a file where the folder should be');
    const troubles: (string | null)[] = [];
    const open = writer(troubles);
    open.note(at(10));
    await waitUntil('it is told', () => Promise.resolve(troubles.length > 0), 5_000);
    await delay(40);
    expect(troubles).toEqual(['ENOTDIR']);
    rmSync(join(folder, 'state'));
    await waitUntil('it is written', () => Promise.resolve(troubles.length > 1), 5_000);
    expect(troubles).toEqual(['ENOTDIR', null]);
    await open.close();
    expect(await readJournal(path)).toEqual(journalAt(10));
  });

  it.each(['ENOSPC', 'EROFS', 'EACCES', 'EIO', 'EDQUOT'])('survives %s, also at the end', async (code) => {
    const disk = faultyDisk();
    disk.code = code;
    const troubles: (string | null)[] = [];
    const open = writer(troubles, { replace: disk.replace });
    open.note(at(10));
    await waitUntil('it is told', () => Promise.resolve(troubles.length > 0), 5_000);
    open.note(at(11));
    await open.close();
    expect(troubles).toEqual([code]);
    expect(disk.texts).toEqual([]);
  });

  it('leaves no draft behind when the last step fails', async () => {
    mkdirSync(path, { recursive: true });
    const troubles: (string | null)[] = [];
    const open = writer(troubles);
    open.note(at(10));
    await open.close();
    expect(troubles).toHaveLength(1);
    expect(readdirSync(join(folder, 'state'))).toEqual(['el.json']);
  });

  it('is always one whole journal while several write it at once', async () => {
    const open = [writer([]), writer([]), writer([])];
    for (let number = 10; number < 60; number += 1) {
      for (const each of open) each.note(at(number));
      await delay(1);
      if (existsSync(path)) expect((await readJournal(path))?.chainId).toBe(901);
    }
    await Promise.all(open.map((each) => each.close()));
    expect(await readJournal(path)).toEqual(journalAt(59));
    expect(readdirSync(join(folder, 'state'))).toEqual(['el.json']);
  });

  it('keeps the folder as it is when it is there already', async () => {
    mkdirSync(join(folder, 'state'));
    chmodSync(join(folder, 'state'), 0o755);
    const open = writer([]);
    open.note(at(10));
    await open.close();
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o755);
  });
});
