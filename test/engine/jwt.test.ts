import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { createTokenSigner } from '../../src/engine/jwt.js';
import { SECRET } from './fixture.js';

const START_MS = 1_790_000_000_123;

function signerAt(startMs: number) {
  const clock = { ms: startMs };
  return { clock, signer: createTokenSigner(SECRET, () => clock.ms) };
}

async function claims(token: string, nowMs: number) {
  const { payload } = await jwtVerify(token, SECRET, { algorithms: ['HS256'], currentDate: new Date(nowMs) });
  return payload;
}

describe('the token signer', () => {
  it('makes an HS256 token that another library verifies, with iat as its only claim', async () => {
    const token = signerAt(START_MS).signer.token();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(await claims(token, START_MS)).toEqual({ iat: 1_790_000_000 });
  });

  it('makes tokens that do not verify under another key', async () => {
    const token = signerAt(START_MS).signer.token();
    await expect(jwtVerify(token, Buffer.alloc(32, 1))).rejects.toThrow('signature verification failed');
  });

  it('keeps a token for 20 s and not longer', async () => {
    const { clock, signer } = signerAt(START_MS);
    const first = signer.token();
    clock.ms += 20_000;
    expect(signer.token()).toBe(first);
    clock.ms += 1;
    expect(await claims(signer.token(), clock.ms)).toEqual({ iat: 1_790_000_020 });
  });

  it('makes a new token when the wall clock was set back (H4)', async () => {
    const { clock, signer } = signerAt(START_MS);
    signer.token();
    clock.ms -= 3_600_000;
    expect(await claims(signer.token(), clock.ms)).toEqual({ iat: 1_790_000_000 - 3_600 });
  });

  it('makes a new token after renew, however young the old one is', async () => {
    const { clock, signer } = signerAt(START_MS);
    signer.token();
    clock.ms += 1_000;
    signer.renew();
    expect(await claims(signer.token(), clock.ms)).toEqual({ iat: 1_790_000_001 });
  });

  it('shows neither key nor token when it is inspected', () => {
    const { signer } = signerAt(START_MS);
    const token = signer.token();
    const shown = inspect(signer, { depth: Infinity, showHidden: true });
    expect(shown).not.toContain(token);
    expect(shown).not.toContain(SECRET.toString('hex').slice(0, 8));
    expect(shown).not.toContain(inspect(SECRET).slice(8, 24));
  });
});
