import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes TCP connections on to a port of the loopback, byte by byte, until a test cuts or stills them. */
export class TcpRelay {
  /** So many connections there were. */
  accepted = 0;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #refusing = false;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      this.accepted += 1;
      if (this.#refusing) {
        client.destroy();
        return;
      }
      const upstream = connect(port, '127.0.0.1');
      const pair = [client, upstream] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [upstream, client]] as const) {
        from.on('error', () => undefined);
        from.on('close', () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
        from.pipe(to);
      }
    });
  }

  static async start(port: number): Promise<TcpRelay> {
    const relay = new TcpRelay(port);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Ends every connection without a word; until `accept` new ones are ended as well. */
  refuse(): void {
    this.#refusing = true;
    for (const [client] of this.#pairs) client.destroy();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Whatever the upstream sends from now on is swallowed, while the connections stay open. */
  still(): void {
    for (const [client, upstream] of this.#pairs) {
      upstream.unpipe(client);
      upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.refuse();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
