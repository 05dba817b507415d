import { BlockList, isIP } from 'node:net';

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
