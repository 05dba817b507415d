import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { createTokenSigner } from '../src/engine/jwt.js';
import { isJsonObject, type JsonValue } from '../src/util/json.js';
import type { RpcCall, RpcOutcome } from '../src/util/rpc.js';

/** A JSON-RPC error object, as an exception. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    method: string,
    readonly code: number,
    message: string,
  ) {
    super(`${method}: ${code} ${message}`);
  }
}

export interface RpcClient {
  /** @throws RpcError on an error object, and what node:http throws when there is no answer. */
  call(method: string, params: readonly JsonValue[]): Promise<JsonValue>;
  /** Outcomes in the order of the calls. */
  batch(calls: readonly RpcCall[]): Promise<readonly RpcOutcome[]>;
}

const SILENCE_MAX_MS = 30_000;
const HTTP_OK = 200;

/**
 * One for all: connections are kept. Not fetch, which takes three times the processor time and has the EL compress what
 * stays on this machine; and not undici, which takes longer to load than most commands and tests have to ask.
 */
const AGENT = new Agent({ keepAlive: true });

/** A small client for the ELs of a devnet; with a JWT file it speaks to an engine port. */
export function rpcClient(url: string, jwtSecretFile?: string): RpcClient {
  const secret = jwtSecretFile === undefined ? null : Buffer.from(readFileSync(jwtSecretFile, 'utf8').trim(), 'hex');
  const signer = secret === null ? null : createTokenSigner(secret, Date.now);

  async function post(body: unknown): Promise<unknown> {
    const authorization = signer === null ? {} : { authorization: `Bearer ${signer.token()}` };
    const { status, text } = await exchange(url, authorization, JSON.stringify(body));
    if (status !== HTTP_OK) throw new Error(`${url} answered HTTP ${status}: ${text}`);
    return JSON.parse(text) as unknown;
  }

  async function batch(calls: readonly RpcCall[]): Promise<readonly RpcOutcome[]> {
    if (calls.length === 0) return [];
    const replies = await post(calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params })));
    if (!Array.isArray(replies)) throw new Error(`${url} did not answer the batch with an array`);
    const byId = new Map<unknown, unknown>();
    for (const reply of replies as unknown[]) if (isJsonObject(reply)) byId.set(reply['id'], reply);
    return calls.map((_, id) => outcome(byId.get(id)));
  }

  return {
    batch,
    async call(method, params) {
      const result = outcome(await post({ jsonrpc: '2.0', id: 0, method, params }));
      if (!result.ok) throw new RpcError(method, result.code, result.message);
      return result.result;
    },
  };
}

function outcome(reply: unknown): RpcOutcome {
  if (!isJsonObject(reply)) return { ok: false, code: -32603, message: 'no reply' };
  const error = reply['error'];
  if (!isJsonObject(error)) return { ok: true, result: reply['result'] ?? null };
  return {
    ok: false,
    code: Number(error['code']),
    message: typeof error['message'] === 'string' ? error['message'] : '',
  };
}

async function exchange(
  url: string,
  authorization: Readonly<Record<string, string>>,
  body: string,
): Promise<{ status: number | undefined; text: string }> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...authorization };
  const response = await ask(url, headers, body);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
}

function ask(url: string, headers: OutgoingHttpHeaders, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent: AGENT, headers }, resolve);
    asked.setTimeout(SILENCE_MAX_MS, () => asked.destroy(new Error(`${url} said nothing for ${SILENCE_MAX_MS} ms`)));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The server had closed an idle connection just as it was used again; each of them is used up by being tried.
      if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(ask(url, headers, body));
      else reject(error);
    });
    asked.end(body);
  });
}
