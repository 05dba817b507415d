import { validateHeaderName, validateHeaderValue } from 'node:http';
import { LockstepError } from './errors.js';
import { keepSecret, keepUrlSecrets } from './secrets.js';

/**
 * The headers that the operator gives for a peer, and the user-info of its URL as Basic authorization.
 * @throws LockstepError CONFIG_INVALID for a header that HTTP does not allow; its text is not repeated.
 */
export function credentialHeaders(given: Readonly<Record<string, string>>, url: URL): Record<string, string> {
  const headers: Record<string, string> = {};
  keepUrlSecrets(url);
  if (url.username !== '' || url.password !== '') {
    const userInfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const basic = Buffer.from(userInfo).toString('base64');
    keepSecret(basic);
    headers['authorization'] = `Basic ${basic}`;
  }
  for (const [name, value] of Object.entries(given)) {
    requireHeader(name, value);
    for (const text of [value, ...value.split(' ')]) keepSecret(text);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function requireHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    // The cause is dropped: nothing of a header value may reach a log.
    throw new LockstepError('CONFIG_INVALID', {
      detail: 'a request header has a name or value that HTTP does not allow',
    });
  }
}
