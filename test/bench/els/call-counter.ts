import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

const METHOD = /"method":"(\w+)"/g;
/** No method that is asked for has a longer name, so a match that a packet cuts is seen whole with the next one. */
const LONGEST_MATCH_CHARS = 80;

/** A relay that counts the JSON-RPC calls that pass it, every element of a batch. */
export class CallCounter {
  readonly #server: Server;
  readonly url: string;
  readonly calls = new Map<string, number>();

  private constructor(server: Server, protocol: string) {
    this.#server = server;
    this.url = `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(target: string): Promise<CallCounter> {
    const { hostname, port, protocol } = new URL(target);
    let counter: CallCounter | null = null;
    const server = createServer({ noDelay: true }, (client) => {
      const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
      let unread = '';
      client.on('data', (chunk: Buffer) => {
        unread = counter?.count(unread + chunk.toString('latin1')) ?? '';
      });
      client.pipe(upstream).pipe(client);
      for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    counter = new CallCounter(server, protocol);
    return counter;
  }

  /** Counts what is whole in a piece of the stream, and gives back the end that may be the beginning of another call. */
  private count(text: string): string {
    let end = 0;
    for (const match of text.matchAll(METHOD)) {
      const [whole, method = ''] = match;
      this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
      end = match.index + whole.length;
    }
    return text.slice(Math.max(end, text.length - LONGEST_MATCH_CHARS));
  }

  close(): void {
    this.#server.close();
  }
}
