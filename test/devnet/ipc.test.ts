import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipcCall } from '../../devnet/ipc.js';

let folder: string;
let server: Server;
let answer: (request: { readonly method: string }, socket: Socket) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  server = createServer((socket) => {
    socket.on('data', (data) => answer(JSON.parse(String(data)) as { method: string }, socket));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'geth.ipc'), resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const call = (): Promise<unknown> => ipcCall(join(folder, 'geth.ipc'), 'debug_setHead', ['0x1']);

describe('a call through the socket file of a geth', () => {
  it('gives the result, also when it comes in pieces', async () => {
    answer = ({ method }, socket) => {
      const text = `${JSON.stringify({ jsonrpc: '2.0', id: 1, result: method })}\n`;
      socket.write(text.slice(0, 20));
      setImmediate(() => socket.write(text.slice(20)));
    };
    expect(await call()).toBe('debug_setHead');
  });

  it('fails with the error of the client', async () => {
    answer = (_, socket) =>
      socket.write('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}\n');
    await expect(call()).rejects.toMatchObject({ code: -32601, message: expect.stringContaining('no such method') });
  });

  it('fails when nobody listens, and when the client goes away', async () => {
    answer = (_, socket) => socket.destroy();
    await expect(call()).rejects.toThrow();
    await expect(ipcCall(join(folder, 'nobody.ipc'), 'debug_setHead', [])).rejects.toThrow('ENOENT');
  });
});
