import { isPrivateUrl } from '../util/private-url.js';
import { displayUrl } from '../util/redact.js';
import { bad, good, type ValueType } from './values.js';

/** Without TLS to a host outside this machine and private networks. */
export function isExposed(url: string): boolean {
  return ['http:', 'ws:'].includes(new URL(url).protocol) && !isPrivateUrl(url);
}

const LIKELY_KEY = /^(?=.*\d)[\w-]{16,}$/;

/** The URL carries user-info, or something in its path or query that looks like an API key. */
export function carriesCredentials(url: string): boolean {
  const { username, password, pathname, searchParams } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values()];
  return username !== '' || password !== '' || parts.some((part) => LIKELY_KEY.test(part));
}

/** An http(s) URL, kept exactly as written: path, query and user-info matter to providers. */
export const httpUrl = urlOf('URL', ['http', 'https'], (protocol) =>
  protocol === 'ws:' || protocol === 'wss:'
    ? bad('is a WebSocket URL', 'Give the http:// or https:// address of the same node')
    : null,
);

/** A ws(s) URL, kept exactly as written. */
export const wsUrl = urlOf('WebSocket URL', ['ws', 'wss'], (protocol) =>
  protocol === 'http:' || protocol === 'https:'
    ? bad('is not a WebSocket URL', 'Give the ws:// or wss:// address of the same node')
    : null,
);

function isDecodable(userInfo: string): boolean {
  try {
    decodeURIComponent(userInfo);
    return true;
  } catch {
    return false;
  }
}

/** `mistaken` judges a protocol of other URLs of a node. */
function urlOf(
  name: string,
  [plain, secure]: readonly [string, string],
  mistaken: (protocol: string) => ReturnType<typeof bad> | null,
): ValueType<string> {
  const form = `Write it as ${plain}://host:port or ${secure}://host/path`;
  return {
    name,
    display: displayUrl,
    parse: (text) => {
      if (/,\s*(https?|wss?):/i.test(text)) return bad('lists more than one URL', 'Give a single URL');
      let url: URL;
      try {
        url = new URL(text);
      } catch {
        return bad('is not a URL', form);
      }
      const mistake = mistaken(url.protocol);
      if (mistake !== null) return mistake;
      if (url.protocol !== `${plain}:` && url.protocol !== `${secure}:`) {
        return bad(`does not start with ${plain}:// or ${secure}://`, form);
      }
      if (!isDecodable(`${url.username}:${url.password}`)) {
        return bad('has a user name or password with a stray "%"', 'Write a % inside a user name or password as %25');
      }
      if (url.hash !== '') return bad('has a "#" part', 'Remove it, or write a # inside a password or key as %23');
      return good(text);
    },
  };
}
