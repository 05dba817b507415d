import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import type { decide } from '../../src/follow/decide.js';
import type { State } from '../../src/follow/state.js';
import { headerText } from '../../src/record/lines.js';
import { RecordFile } from '../../src/record/record-file.js';
import type { Recorder } from '../../src/record/recorder.js';
import { A, engineView, NOW, observation, SETTLED, sourceView } from '../follow/examples.js';
import { differencesIn, HEADER, partsOf, recorderInto, recordingDecide } from './record-fixture.js';

const MIB = 1024 * 1024;
const QUICK = { pauseMs: 5, retryMs: 20 };

let folder: string;
let path: string;
let older: string;
let troubles: (string | null)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-record-'));
  path = join(folder, 'run.record');
  older = `${path}.1`;
  troubles = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function recordFile(more: Partial<ConstructorParameters<typeof RecordFile>[0]> = {}): RecordFile {
  return new RecordFile({ path, maxBytes: MIB, onTrouble: (reason) => troubles.push(reason), ...QUICK, ...more });
}

/** 0 also for a moment in between, when the one file was made the older one. */
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Turns in which nothing happens. */
class Turns {
  readonly #decide: typeof decide;
  #state: State = SETTLED;
  #now = NOW;

  constructor(recorder: Recorder) {
    this.#decide = recordingDecide(recorder);
  }

  take(count: number): void {
    for (let turn = 0; turn < count; turn += 1) {
      this.#now += 1;
      const tick = { now: this.#now, random: 0.25 };
      const seen = observation(engineView(A, 9), sourceView(A, 9));
      ({ state: this.#state } = this.#decide(this.#state, seen, tick));
    }
  }
}

const turnsIn = async (file: string): Promise<number> => {
  const parts = await partsOf(readFileSync(file, 'utf8'));
  expect(differencesIn(parts)).toEqual([]);
  return parts.filter(({ kind }) => kind === 'turn').length;
};

const missingIn = async (file: string): Promise<number> =>
  (await partsOf(readFileSync(file, 'utf8'))).reduce((sum, part) => sum + (part.kind === 'gap' ? part.turns : 0), 0);

describe('the file of a record', () => {
  it('is for its owner alone, and has every turn once it is closed', async () => {
    const file = recordFile();
    await file.open();
    new Turns(recorderInto(file)).take(40);
    await file.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await turnsIn(path)).toBe(40);
    expect(troubles).toEqual([]);
  });

  it('is gone on with by the next run, also where the last line was cut, and is taken from all others', async () => {
    writeFileSync(path, `${headerText(HEADER)}{"now":12`, { mode: 0o644 });
    const file = recordFile();
    await file.open();
    new Turns(recorderInto(file)).take(3);
    await file.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines[1]).toBe('{"now":12');
    expect(lines[2]).toBe(headerText(HEADER).trim());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('never takes more room than it may, and goes on in a second file that can be read alone', async () => {
    const file = recordFile();
    await file.open();
    const turns = new Turns(recorderInto(file));
    for (let round = 0; round < 20; round += 1) {
      turns.take(300);
      const size = sizeOf(path) + sizeOf(older);
      expect(size).toBeLessThanOrEqual(MIB);
      await delay(10);
    }
    await file.close();
    expect(statSync(path).size + statSync(older).size).toBeLessThanOrEqual(MIB);
    expect(statSync(older).size).toBeGreaterThan(MIB / 4);
    for (const each of [path, older]) expect(await turnsIn(each)).toBeGreaterThan(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(troubles).toEqual([]);
  });

  it('begins no file before its time where the disk is two files behind', async () => {
    const held: (() => void)[] = [];
    const write = async (handle: FileHandle, text: string): Promise<unknown> => {
      await new Promise<void>((resolve) => held.push(resolve));
      return handle.appendFile(text);
    };
    const untilWriting = (count: number): Promise<unknown> =>
      waitUntil(`write ${count} has begun`, () => Promise.resolve(held.length === count), 5_000);
    const file = recordFile({ write });
    await file.open();
    const turns = new Turns(recorderInto(file));
    const rotate = jest.spyOn(file, 'rotate');
    const takeUntilRotated = (times: number): number => {
      let taken = 0;
      for (; rotate.mock.calls.length < times; taken += 1) turns.take(1);
      return taken;
    };
    takeUntilRotated(1);
    const perFile = takeUntilRotated(2);
    await untilWriting(1);
    held[0]?.();
    // Now the second file is open, and a third one has begun behind it.
    await untilWriting(2);
    expect(takeUntilRotated(3)).toBe(perFile);
    for (const count of [3, 4]) {
      held.at(-1)?.();
      await untilWriting(count);
    }
    held.at(-1)?.();
    await file.close();
    expect(troubles).toEqual([]);
  });

  it('is left alone where it is something else', async () => {
    writeFileSync(path, 'a secret of 32 bytes');
    const file = recordFile();
    await file.open();
    new Turns(recorderInto(file)).take(3);
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe('a secret of 32 bytes');
    expect(troubles).toEqual(['it is there already, and is not a record']);
  });

  it('is not looked for behind a link, nor in a pipe', async () => {
    const target = join(folder, 'target');
    symlinkSync(target, path);
    await recordFile().open();
    expect(existsSync(target)).toBe(false);
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await recordFile().open();
    expect(troubles).toEqual(['ELOOP', 'it is not a file']);
  });

  it('is ignored where it belongs to another user', async () => {
    // Only root can give a file away; for everybody else the file of another is one of root.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      writeFileSync(path, headerText(HEADER));
      chownSync(path, 65_534, 65_534);
    }
    await recordFile({ path: isRoot ? path : '/etc/hosts' }).open();
    expect(troubles).toEqual([expect.stringMatching(/^(it belongs to user 65534, and lockstep runs as 0|EACCES)$/)]);
  });

  it('says once that it cannot be written, tries again, and counts what is missing', async () => {
    let full = false;
    const write = (file: FileHandle, text: string): Promise<unknown> =>
      full ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : file.appendFile(text);
    const file = recordFile({ write });
    await file.open();
    const turns = new Turns(recorderInto(file));
    turns.take(5);
    await waitUntil('the first turns are written', () => Promise.resolve(statSync(path).size > 0), 5_000);
    full = true;
    turns.take(2);
    await waitUntil('it is told', () => Promise.resolve(troubles.length > 0), 5_000);
    turns.take(3);
    await delay(50);
    full = false;
    let taken = 10;
    await waitUntil(
      'it is written again',
      () => {
        turns.take(1);
        taken += 1;
        return Promise.resolve(troubles.length > 1);
      },
      5_000,
    );
    await file.close();
    expect(troubles).toEqual(['ENOSPC', null]);
    const [missing, told] = [await missingIn(path), await turnsIn(path)];
    expect(missing).toBeGreaterThanOrEqual(2);
    expect(told).toBeGreaterThan(5);
    expect(missing + told).toBe(taken);
  });

  it('still counts what is missing where the line that tells of it is lost as well', async () => {
    let failed = 0;
    const write = (file: FileHandle, text: string): Promise<unknown> => {
      if (failed === 2) return file.appendFile(text);
      failed += 1;
      return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    };
    const file = recordFile({ write });
    await file.open();
    const turns = new Turns(recorderInto(file));
    turns.take(4);
    await waitUntil('these are lost', () => Promise.resolve(failed === 1), 5_000);
    let taken = 4;
    const takeUntil = (what: string, holds: () => boolean): Promise<unknown> =>
      waitUntil(
        what,
        () => {
          turns.take(1);
          taken += 1;
          return Promise.resolve(holds());
        },
        5_000,
      );
    await takeUntil('the line that tells of them is lost', () => failed === 2);
    await takeUntil('it is written again', () => troubles.length > 1);
    await file.close();
    expect((await missingIn(path)) + (await turnsIn(path))).toBe(taken);
  });

  it('drops what a slow disk cannot take, counts it, and makes nobody wait', async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const write = (file: FileHandle, text: string): Promise<unknown> => slow.then(() => file.appendFile(text));
    const file = recordFile({ write, maxQueuedBytes: 40_000 });
    await file.open();
    const turns = new Turns(recorderInto(file));
    turns.take(500);
    release();
    await waitUntil('there is room again', () => Promise.resolve(statSync(path).size > 0), 5_000);
    turns.take(1);
    await file.close();
    const [told, missing] = [await turnsIn(path), await missingIn(path)];
    expect(missing).toBeGreaterThan(300);
    expect(told + missing).toBe(501);
    expect(troubles).toEqual([]);
  });

  it('is closed also where the disk hangs', async () => {
    const file = recordFile({ write: () => new Promise(() => undefined) });
    await file.open();
    new Turns(recorderInto(file)).take(2);
    await expect(file.close()).resolves.toBeUndefined();
  });
});
