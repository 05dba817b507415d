import { readFileSync } from 'node:fs';
import { WebSocket } from 'undici';
import type { ElAccess } from '../../../devnet/els/el.js';
import { createTokenSigner } from '../../../src/engine/jwt.js';
import { monotonicNs } from '../cpu-time.js';

/** When each block became the head of an EL, by newHeads on its engine port: hash to CLOCK_MONOTONIC in ms. */
export class HeadTimes {
  readonly #socket: WebSocket;
  readonly seen = new Map<string, number>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async watch({ engineUrl, jwtSecretFile }: ElAccess): Promise<HeadTimes> {
    const secret = Buffer.from(readFileSync(jwtSecretFile, 'utf8').trim(), 'hex');
    const authorization = `Bearer ${createTokenSigner(secret, Date.now).token()}`;
    const socket = new WebSocket(engineUrl.replace(/^http/, 'ws'), { headers: { authorization } });
    const times = new HeadTimes(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
      });
      socket.addEventListener('error', () => reject(new Error(`no newHeads at ${engineUrl}`)));
      socket.addEventListener('message', ({ data }) => {
        const atMs = monotonicNs() / 1e6;
        const message = JSON.parse(String(data)) as { id?: number; params?: { result: { hash: string } } };
        if (message.id === 1) resolve();
        else if (message.params !== undefined) times.#see(message.params.result.hash, atMs);
      });
    });
    return times;
  }

  close(): void {
    this.#socket.close();
  }

  #see(hash: string, atMs: number): void {
    if (!this.seen.has(hash)) this.seen.set(hash, atMs);
  }
}

/** How much later the one was than the other, for each key that both have, in ms. */
export function delays(first: ReadonlyMap<string, number>, second: ReadonlyMap<string, number>): number[] {
  return [...first].flatMap(([key, atMs]) => {
    const later = second.get(key);
    return later === undefined ? [] : [later - atMs];
  });
}
