import { describe, expect, it } from '@jest/globals';
import { isPrivateUrl } from '../../src/util/private-url.js';

describe('a URL', () => {
  it.each([
    'http://127.0.0.1:8545',
    'http://localhost',
    'http://geth:8545/path',
    'http://node.internal.',
    'http://10.1.2.3',
    'http://172.31.255.255',
    'http://192.168.0.1',
    'http://100.64.0.1',
    'http://[::1]:8545',
    'http://[fd00::1]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
  ])('%s is private', (url) => expect(isPrivateUrl(url)).toBe(true));

  it.each([
    'https://rpc.example.org/v3/10.0.0.1',
    'http://10.example.org',
    'http://172.32.0.1',
    'http://8.8.8.8',
    'http://[2001:db8::1]',
    'http://localhost.example.org',
  ])('%s is public', (url) => expect(isPrivateUrl(url)).toBe(false));
});
