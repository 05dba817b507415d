import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The check of an engine port. authentication.md: "The execution layer client **MUST** support at least the following
 * `alg` `HMAC + SHA256` (`HS256`)", "Required: `iat` (issued-at) claim. The execution layer client **SHOULD** only
 * accept `iat` timestamps which are within +-60 seconds from the current time."
 *
 * Returns the plain text of the 401, in geth's words, or null when the token is good.
 */
export function refuseToken(authorization: string | undefined, secret: Buffer, nowMs: number): string | null {
  const [header, claims, signature] = authorization?.match(/^Bearer (.+)$/)?.[1]?.split('.') ?? [];
  if (header === undefined || claims === undefined || signature === undefined) return 'missing token';
  const expected = createHmac('sha256', secret).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'signature is invalid';
  if ((decode(header) as { alg?: unknown }).alg !== 'HS256') return 'signing method is invalid';
  const { iat } = decode(claims) as { iat?: unknown };
  if (typeof iat !== 'number') return 'missing issued-at';
  const ageSeconds = nowMs / 1000 - iat;
  if (ageSeconds > 60) return 'stale token';
  return ageSeconds < -60 ? 'future token' : null;
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
