import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject } from '../../src/util/json.js';

const CONNECT_DEADLINE_MS = 20_000;

/** The p2p connection of two geths, through a port of this process that can stop to pass on what the server sends. */
export class PeerLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  #allowedBytes = Number.POSITIVE_INFINITY;

  private constructor(serverPort: number) {
    this.#server = createServer((client) => this.#relay(client, serverPort));
  }

  /** `client` dials `server` and has it as its only peer. */
  static async open(server: { httpUrl: string }, client: { httpUrl: string }): Promise<PeerLink> {
    const enode = await enodeOf(server.httpUrl);
    const link = new PeerLink(Number(enode.port));
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    enode.port = String((link.#server.address() as AddressInfo).port);
    const rpc = rpcClient(client.httpUrl);
    await rpc.call('admin_addPeer', [enode.href]);
    const connected = async (): Promise<boolean> => (await rpc.call('net_peerCount', [])) === '0x1';
    await waitUntil('the ELs are peers', connected, CONNECT_DEADLINE_MS);
    return link;
  }

  /** After so many bytes more nothing comes from the server, and the connection stays open. */
  stallAfter(bytes: number): void {
    this.#allowedBytes = bytes;
  }

  release(): void {
    this.#allowedBytes = Number.POSITIVE_INFINITY;
    for (const resume of this.#waiting) resume();
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      this.#allowedBytes -= chunk.length;
      const pass = (): void => void client.write(chunk);
      if (this.#allowedBytes >= 0) return pass();
      server.pause();
      this.#waiting.add(() => {
        pass();
        server.resume();
      });
    });
  }
}

async function enodeOf(httpUrl: string): Promise<URL> {
  const info = await rpcClient(httpUrl).call('admin_nodeInfo', []);
  const enode = isJsonObject(info) ? info['enode'] : null;
  if (typeof enode !== 'string') throw new Error(`${httpUrl} does not tell its enode`);
  return new URL(enode);
}
