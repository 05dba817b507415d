import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { displayUrl, opaque } from '../../src/util/redact.js';

describe('displayUrl', () => {
  it.each([
    ['https://source.example/v2/key?x=1#y', 'https://source.example'],
    ['https://user:password@source.example:8443/', 'https://source.example:8443'],
    ['http://127.0.0.1:8551', 'http://127.0.0.1:8551'],
    ['http://[::1]:8551/path', 'http://[::1]:8551'],
    ['wss://source.example/key', 'wss://source.example'],
    ['user:password@source.example', '[redacted]'],
    ['https://pass/word@source.example', '[redacted]'],
    ['https://pass#word@source.example', '[redacted]'],
    ['/var/run/geth.ipc', '[redacted]'],
    ['', '[redacted]'],
  ])('shows %j as %j', (url, shown) => {
    expect(displayUrl(url)).toBe(shown);
  });

  it('never shows user-info, path or query, whatever they hold', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{8,20}$/).map((text) => `secret${text}`);
    fc.assert(
      fc.property(secret, fc.constantFrom('http', 'https', 'htps', ''), fc.webUrl(), (text, scheme, other) => {
        const host = new URL(other).host;
        const shown = [
          displayUrl(`${scheme}://${text}:${text}@${host}/${text}?k=${text}`),
          displayUrl(`${scheme}://u:x/${text}@${host}/${text}`),
          displayUrl(`${scheme}:${text}@${host}`),
        ];
        expect(shown.join(' ')).not.toContain(text);
      }),
    );
  });
});

describe('an opaque object', () => {
  const object = opaque({ password: 'hunter2' });

  it('does not show in JSON or on the console, alone or inside another object', () => {
    expect(JSON.stringify({ object })).toBe('{"object":"[redacted]"}');
    expect(inspect({ object }, { showHidden: true })).not.toContain('hunter2');
  });

  it('can still be read and frozen', () => {
    expect(Object.freeze(object).password).toBe('hunter2');
    expect(Object.keys(object)).toEqual(['password']);
  });
});
