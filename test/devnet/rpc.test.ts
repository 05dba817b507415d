import { afterEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rpcClient } from '../../devnet/rpc.js';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('asks again where the server closed an idle connection just as it was used again', async () => {
  const used = new Set<unknown>();
  const url = await serve((request, response) => {
    if (used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    response.end(JSON.stringify({ result: used.size }));
  });
  const client = rpcClient(url);
  expect(await client.call('eth_chainId', [])).toBe(1);
  expect(await client.call('eth_chainId', [])).toBe(2);
});

it('throws where the server hangs up on a new connection, and asks once only', async () => {
  let asked = 0;
  const url = await serve((request) => {
    asked += 1;
    request.socket.destroy();
  });
  await expect(rpcClient(url).call('eth_chainId', [])).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(asked).toBe(1);
});
