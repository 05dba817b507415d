import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

const METHOD = Buffer.from('"method":');

/** A relay that counts the JSON-RPC calls that pass it, every element of a batch. */
export class CallCounter {
  readonly #server: Server;
  readonly url: string;
  calls = 0;

  private constructor(server: Server, protocol: string) {
    this.#server = server;
    this.url = `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(target: string): Promise<CallCounter> {
    const { hostname, port, protocol } = new URL(target);
    let counter: CallCounter | null = null;
    const server = createServer({ noDelay: true }, (client) => {
      const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
      let tail = Buffer.alloc(0);
      client.on('data', (chunk: Buffer) => {
        const seen = Buffer.concat([tail, chunk]);
        if (counter !== null) counter.calls += occurrences(seen);
        tail = seen.subarray(Math.max(0, seen.length - METHOD.length + 1));
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

  close(): void {
    this.#server.close();
  }
}

function occurrences(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(METHOD); at >= 0; at = bytes.indexOf(METHOD, at + METHOD.length)) count += 1;
  return count;
}
