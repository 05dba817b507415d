import { isPrivateUrl } from '../util/private-url.js';
import { displayUrl } from '../util/redact.js';
import { bad, good, type ValueType } from './values.js';

/** Plain http to a host outside this machine and private networks. */
export function isExposed(url: string): boolean {
  return new URL(url).protocol === 'http:' && !isPrivateUrl(url);
}

const LIKELY_KEY = /^(?=.*\d)[\w-]{16,}$/;

/** The URL carries user-info, or something in its path or query that looks like an API key. */
export function carriesCredentials(url: string): boolean {
  const { username, password, pathname, searchParams } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values()];
  return username !== '' || password !== '' || parts.some((part) => LIKELY_KEY.test(part));
}

/** An http(s) URL, kept exactly as written: path, query and user-info matter to providers. */
export const httpUrl: ValueType<string> = {
  name: 'URL',
  display: displayUrl,
  parse: (text) => {
    if (/,\s*https?:/i.test(text)) return bad('lists more than one URL', 'Give a single URL');
    let url: URL;
    try {
      url = new URL(text);
    } catch {
      return bad('is not a URL', 'Write it as http://host:port or https://host/path');
    }
    if (url.protocol === 'ws:' || url.protocol === 'wss:') {
      return bad('is a WebSocket URL', 'Give the http:// or https:// address of the same node');
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return bad('does not start with http:// or https://', 'Write it as http://host:port or https://host/path');
    }
    if (url.hash !== '') return bad('has a "#" part', 'Remove it, or write a # inside a password or key as %23');
    return good(text);
  },
};
