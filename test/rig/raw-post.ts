import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { JsonValue } from '../../src/util/json.js';

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface RawPostOptions {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One POST with node:http, which neither retries nor inflates: undici would hide resets of reused connections. */
export function postRaw(url: string, body: JsonValue, options: RawPostOptions): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', ...options }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
