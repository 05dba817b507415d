import { once } from 'node:events';
import { connect } from 'node:net';
import { isJsonObject, type JsonValue } from '../src/util/json.js';
import { RpcError } from './rpc.js';

const TIMEOUT_MS = 60_000;

/** One JSON-RPC call through the socket file of a geth, which serves every method there. @throws RpcError */
export async function ipcCall(file: string, method: string, params: readonly JsonValue[]): Promise<JsonValue> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const socket = connect(file).setEncoding('utf8');
  // A client that goes away in the middle closes the socket without an error.
  socket.once('end', () => socket.destroy(new Error(`${file} was closed before ${method} was answered`)));
  try {
    await once(socket, 'connect', { signal });
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
    let text = '';
    while (!text.includes('\n')) text += String((await once(socket, 'data', { signal }))[0]);
    const answer: unknown = JSON.parse(text);
    if (!isJsonObject(answer)) throw new Error(`${file} did not answer ${method} with an object`);
    const { error, result = null } = answer;
    if (isJsonObject(error)) throw new RpcError(method, Number(error['code']), JSON.stringify(error['message']));
    return result;
  } finally {
    socket.destroy();
  }
}
