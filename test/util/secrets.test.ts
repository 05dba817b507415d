import { describe, expect, it } from '@jest/globals';
import { credentialHeaders } from '../../src/util/credential-headers.js';
import { remoteText } from '../../src/util/errors.js';
import { REDACTED } from '../../src/util/redact.js';
import { withoutSecrets } from '../../src/util/secrets.js';

const KEY = 'k3y-in-the-path';
const URL_TEXT = `https://operator:p%40ss-w0rd@source.example/v2/${KEY}/rpc?token=k3y-in-query&a=b`;

describe('text of another machine', () => {
  credentialHeaders({ 'X-Api-Key': 'k3y-in-header', 'X-Auth': 'Bearer b3arer-of-it' }, new URL(URL_TEXT));

  it.each([
    ['user', 'operator'],
    ['password, as it is written', 'p%40ss-w0rd'],
    ['password, as it is read', 'p@ss-w0rd'],
    ['Basic authorization', Buffer.from('operator:p@ss-w0rd').toString('base64')],
    ['key in the path', KEY],
    ['key in the query', 'k3y-in-query'],
    ['header', 'k3y-in-header'],
    ['word of a header', 'b3arer-of-it'],
    ['token of the engine port', 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDB9.c2lnbmF0dXJl'],
  ])('that repeats the %s is shown without it', (_name, secret) => {
    expect(remoteText(`no: ${secret} is wrong, "${secret}"`)).toBe(`no: ${REDACTED} is wrong, "${REDACTED}"`);
  });

  it('keeps the words that a path is made of, and short ones', () => {
    expect(remoteText('rpc method not found in v2, a=b')).toBe('rpc method not found in v2, a=b');
  });

  it('shows no part of a secret where it is cut', () => {
    expect(remoteText(`${'x'.repeat(190)}${KEY}${'y'.repeat(100)}`)).not.toContain('k3y');
  });

  it('is searched in no time, however long it is', () => {
    expect(remoteText(KEY.repeat(2_000_000)).length).toBeLessThan(250);
  });

  it('is left as it is where nothing is known to be secret', () => {
    expect(withoutSecrets('execution reverted')).toBe('execution reverted');
  });
});
