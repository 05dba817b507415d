import { JSONRPCErrorException, JSONRPCServer, type JSONRPCID, type JSONRPCResponse } from 'json-rpc-2.0';
import { asLockstepError } from '../util/errors.js';
import { isJsonObject, type JsonObject } from '../util/json.js';
import { RPC_LIMITS } from './limits.js';
import type { RpcContext, RpcMethod } from './method.js';
import { RPC_CODES } from './refusal.js';

export type RpcAnswer = JSONRPCResponse | readonly JSONRPCResponse[];

/**
 * JSON-RPC 2.0 without its transport. The library matches methods, ids and errors; what it lets pass (null in the place
 * of a request, ids and methods of any type, one answer for a batch of one) is settled here.
 */
export class Dispatcher {
  readonly #server: JSONRPCServer;

  /** @param onBug told of what was thrown and is neither a refusal nor an error with a code of lockstep */
  constructor(methods: readonly RpcMethod[], context: RpcContext, onBug: (method: string, thrown: unknown) => void) {
    this.#server = new JSONRPCServer({
      // What is thrown is told by whom it concerns: the caller, and onBug.
      errorListener: () => undefined,
    });
    for (const { name, invoke } of methods) {
      this.#server.addMethod(name, async (params: unknown) => {
        try {
          return await invoke(context, params);
        } catch (thrown) {
          throw asRefusal(thrown, (bug) => onBug(name, bug));
        }
      });
    }
  }

  /** Null where there is nothing to answer: notifications alone. Never rejects. */
  async answer(body: unknown): Promise<RpcAnswer | null> {
    if (!Array.isArray(body)) return this.#one(body);
    if (body.length === 0) return invalid(null, 'an empty batch');
    if (body.length > RPC_LIMITS.batch)
      return invalid(null, `a batch of ${body.length}, at most ${RPC_LIMITS.batch} are answered`);
    const answers = await Promise.all(body.map((request) => this.#one(request)));
    const told = answers.filter((answer) => answer !== null);
    return told.length === 0 ? null : told;
  }

  async #one(request: unknown): Promise<JSONRPCResponse | null> {
    if (!isJsonObject(request)) return invalid(null, 'a request has to be an object');
    const { jsonrpc, id, method, params } = request;
    if (id !== undefined && !isId(id)) return invalid(null, 'id has to be text, a number or null');
    const known = id ?? null;
    if (jsonrpc !== '2.0') return invalid(known, 'jsonrpc has to be "2.0"');
    if (typeof method !== 'string') return invalid(known, 'method has to be text');
    if (id !== undefined && !this.#server.hasMethod(method)) return unknownMethod(known, method);
    // Copied field by field: nothing else of what came in goes any further.
    return this.#server.receive({ jsonrpc, method, params, ...(id === undefined ? {} : { id }) });
  }
}

function isId(id: unknown): id is JSONRPCID {
  return id === null || typeof id === 'string' || typeof id === 'number';
}

/** A name that is longer than any method is not repeated to the end. */
const MAX_NAME_CHARS = 64;

function unknownMethod(id: JSONRPCID, name: string): JSONRPCResponse {
  const shown = name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}...` : name;
  return failure(id, RPC_CODES['unknown-method'], `the method ${shown} does not exist or is not available`);
}

function invalid(id: JSONRPCID, why: string): JSONRPCResponse {
  return failure(id, RPC_CODES['invalid-request'], `invalid request: ${why}`);
}

/** Of a body that is not JSON. */
export function parseFailure(): JSONRPCResponse {
  return failure(null, RPC_CODES.parse, 'the body is not JSON');
}

/** Of a request that came while too many others are under way. */
export function tooMany(): JSONRPCResponse {
  return failure(null, RPC_CODES['too-many'], 'too many requests at a time');
}

function failure(id: JSONRPCID, code: number, message: string): JSONRPCResponse {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

function asRefusal(thrown: unknown, onBug: (bug: unknown) => void): JSONRPCErrorException {
  if (thrown instanceof JSONRPCErrorException) return thrown;
  const error = asLockstepError(thrown);
  if (error.code === 'INTERNAL') {
    onBug(thrown);
    return new JSONRPCErrorException('internal error', RPC_CODES.internal);
  }
  const data: JsonObject = { code: error.code, fix: error.fix };
  return new JSONRPCErrorException(error.message, RPC_CODES['not-available'], data);
}
