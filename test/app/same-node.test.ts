import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../devnet/process/free-port.js';
import { isLoopback, sameAddress, sameProcess } from '../../src/app/same-node.js';
import { HttpServer, send } from '../rig/http-server.js';

describe('a URL of this machine', () => {
  it.each(['http://127.0.0.1:8551', 'http://localhost', 'https://[::1]:1/x'])('is seen in %s', (url) => {
    expect(isLoopback(url)).toBe(true);
  });

  it.each(['http://10.0.0.1:8551', 'http://localhost.example', 'http://el:8551'])('is not seen in %s', (url) => {
    expect(isLoopback(url)).toBe(false);
  });
});

describe('two URLs', () => {
  it.each([
    ['http://127.0.0.1:8545', 'http://localhost:8545/path?key=1'],
    ['http://user:password@el:8545', 'http://el:8545'],
    ['http://el', 'http://el:80/'],
    ['https://el', 'https://el:443'],
  ])('%s and %s reach one address', (one, other) => {
    expect(sameAddress(one, other)).toBe(true);
    expect(sameAddress(other, one)).toBe(true);
  });

  it.each([
    ['http://127.0.0.1:8545', 'http://127.0.0.1:8551'],
    ['http://el:8545', 'http://127.0.0.1:8545'],
    ['http://el', 'https://el'],
  ])('%s and %s do not', (one, other) => {
    expect(sameAddress(one, other)).toBe(false);
  });
});

describe('two loopback ports', () => {
  let first: HttpServer;
  let second: HttpServer;

  beforeAll(async () => {
    first = await HttpServer.start((_received, response) => send(response, '{}'));
    second = await HttpServer.start((_received, response) => send(response, '{}'));
  });

  afterAll(() => Promise.all([first.close(), second.close()]));

  it('belong to one process where the system can tell', async () => {
    expect(await sameProcess(first.url, second.url)).toBe(process.platform === 'linux');
  });

  it('do not when nobody listens on one of them', async () => {
    expect(await sameProcess(first.url, `http://127.0.0.1:${await freePort()}`)).toBe(false);
  });

  it('are not looked at when one of them is elsewhere', async () => {
    expect(await sameProcess(first.url, second.url.replace('127.0.0.1', '10.0.0.1'))).toBe(false);
  });
});
