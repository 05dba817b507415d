import { createHmac, type BinaryLike } from 'node:crypto';

/** Makes the bearer tokens of the engine port. The key itself cannot be read back from it. */
export interface TokenSigner {
  /** A token at most 20 s old. */
  token(): string;
  /** Forgets the cached token, so that the next one carries a fresh `iat`. */
  renew(): void;
}

const MAX_AGE_MS = 20_000;
const HEADER = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));

/**
 * HS256 tokens whose only claim is `iat` (execution-apis, engine/authentication.md: the EL accepts +-60 s).
 *
 * Signed with node:crypto because jose was measured at 61 us per token against 2.3 us, and is asynchronous on top: a
 * token is one HMAC over a constant header and one integer. `exp` is left out because geth honours it.
 * @param secret the 32 bytes of the shared key
 * @param now wall clock in ms
 */
export function createTokenSigner(secret: BinaryLike, now: () => number): TokenSigner {
  let cached: { readonly token: string; readonly madeAtMs: number } | undefined;
  return {
    token() {
      const nowMs = now();
      const ageMs = cached === undefined ? 0 : nowMs - cached.madeAtMs;
      // A negative age is a wall clock that was set back: the cached `iat` could lie too far in the future.
      if (cached === undefined || ageMs < 0 || ageMs > MAX_AGE_MS) {
        cached = { token: sign(secret, Math.floor(nowMs / 1000)), madeAtMs: nowMs };
      }
      return cached.token;
    },
    renew() {
      cached = undefined;
    },
  };
}

function sign(secret: BinaryLike, iat: number): string {
  const signed = `${HEADER}.${base64url(JSON.stringify({ iat }))}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
