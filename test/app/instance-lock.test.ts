import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../devnet/process/free-port.js';
import { lockInstance, type InstanceLock } from '../../src/app/instance-lock.js';
import { asLockstepError } from '../../src/util/errors.js';

let held: InstanceLock[] = [];

afterEach(releaseAll);

async function releaseAll(): Promise<void> {
  await Promise.all(held.map((lock) => lock.release()));
  held = [];
}

/** Takes the lock and keeps it, or gives back the error. */
async function lock(url: string): Promise<{ code: string; message: string } | 'taken'> {
  try {
    held.push(await lockInstance(url));
    return 'taken';
  } catch (thrown) {
    const { code, message } = asLockstepError(thrown);
    return { code, message };
  }
}

/** An engine URL that no other test uses. */
async function freeUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

describe('the lock of an EL', () => {
  it('is refused to a second one, however its URL is written, and without its credentials', async () => {
    const url = await freeUrl();
    expect(await lock(url)).toBe('taken');
    const withCredentials = url.replace('//', '//user:password@');
    for (const same of [`${url}/path`, withCredentials]) {
      expect(await lock(same)).toEqual({
        code: 'ALREADY_RUNNING',
        message: expect.not.stringMatching(/user|password/),
      });
    }
  });

  it('says which EL is taken, in plain text', async () => {
    const url = await freeUrl();
    await lock(url);
    const refused = await lock(url);
    expect(refused).toMatchObject({ message: expect.stringContaining(new URL(url).host) });
    expect(JSON.stringify(refused)).not.toContain('\\u');
  });

  it('is free again after the release, and for another EL', async () => {
    const [url, other] = [await freeUrl(), await freeUrl()];
    expect(await lock(url)).toBe('taken');
    expect(await lock(other)).toBe('taken');
    await releaseAll();
    expect(await lock(url)).toBe('taken');
  });

  it('goes to one of many that start at once', async () => {
    const url = await freeUrl();
    const attempts = await Promise.all(Array.from({ length: 8 }, () => lock(url)));
    const refused = attempts.flatMap((attempt) => (attempt === 'taken' ? [] : [attempt.code]));
    expect(refused).toEqual(Array<string>(7).fill('ALREADY_RUNNING'));
  });
});
