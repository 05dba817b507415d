import { inspect } from 'node:util';

/** What stands in for a secret wherever text is shown. */
export const REDACTED = '[redacted]';

const SHOWN_SCHEMES = new Set(['http:', 'https:', 'ws:', 'wss:']);

/**
 * A URL as it may be shown anywhere: `scheme://host[:port]`, without user-info, path or query, each of which can be a
 * key. Anything that is not clearly a web URL is `[redacted]` as a whole, because a mistyped URL can hold its password
 * in any part.
 */
export function displayUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return REDACTED;
  }
  const misplacedUserInfo = parsed.username === '' && parsed.password === '' && url.includes('@');
  if (!SHOWN_SCHEMES.has(parsed.protocol) || misplacedUserInfo) return REDACTED;
  return `${parsed.protocol}//${parsed.host}`;
}

/** Makes an object show as `[redacted]` in JSON and on the console. Its properties stay readable to code. */
export function opaque<T extends object>(value: T): T {
  for (const key of ['toJSON', inspect.custom]) {
    Object.defineProperty(value, key, { value: () => REDACTED, enumerable: false });
  }
  return value;
}
