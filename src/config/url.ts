import { BlockList, isIP } from 'node:net';
import { displayUrl } from '../util/redact.js';
import { bad, good, type ValueType } from './values.js';

const PRIVATE_RANGES = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  // Shared address space (RFC 6598): overlay networks between one operator's machines.
  ['100.64.0.0', 10],
] as const) {
  PRIVATE_RANGES.addSubnet(net, prefix, 'ipv4');
}
PRIVATE_RANGES.addAddress('::1', 'ipv6');
PRIVATE_RANGES.addSubnet('fc00::', 7, 'ipv6');
PRIVATE_RANGES.addSubnet('fe80::', 10, 'ipv6');

// Names that public DNS does not serve: container and cluster names, mDNS, RFC 6761, RFC 8375, ICANN's .internal.
const PRIVATE_NAME = /(^[^.]+|\.(localhost|local|internal|svc|lan|home\.arpa))\.?$/i;

/** The URL points at this machine or a private network, by its text alone: nothing is resolved. */
export function isPrivateUrl(url: string): boolean {
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const family = isIP(name);
  if (family === 0) return PRIVATE_NAME.test(name);
  return PRIVATE_RANGES.check(name, family === 6 ? 'ipv6' : 'ipv4');
}

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
