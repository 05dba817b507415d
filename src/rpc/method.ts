import type { JsonValue } from '../util/json.js';
import type { FollowView } from '../status/follow-view.js';
import type { EventLog } from '../status/event-log.js';
import type { LogLevel } from '../util/log.js';
import type { OptimismView } from './optimism-view.js';
import { readParam, requireList, type ParamType } from './params.js';

/** What an operator can do to a running lockstep. */
export interface Controls {
  /** From the next turn of the loop on nothing is written to the EL. */
  pause(): void;
  resume(): void;
  /** Both sides are identified and compared anew at once. */
  recheck(): void;
  setLogLevel(level: LogLevel): void;
}

/** What methods are answered from. */
export interface RpcContext {
  readonly version: string;
  readonly optimism: OptimismView;
  readonly follow: FollowView;
  readonly events: EventLog;
  readonly controls: Controls;
  /** Namespaces that are served, as rpc_modules names them. */
  readonly modules: Readonly<Record<string, string>>;
}

interface Param<T> {
  readonly name: string;
  readonly type: ParamType<T>;
  /** Taken where the parameter is left out. */
  readonly fallback?: T;
}

type ArgsOf<P extends readonly Param<unknown>[]> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never };

interface Declaration<P extends readonly Param<unknown>[]> {
  readonly name: string;
  readonly params: P;
  /** Served with --rpc.enable-admin alone. */
  readonly admin?: true;
  /** For docs/rpc.md: what the answer is, and where it comes from. */
  readonly answer: string;
  /** Fit for JSON. @throws JSONRPCErrorException for a refusal, LockstepError for what cannot be reached */
  readonly call: (context: RpcContext, ...args: ArgsOf<P>) => unknown;
}

export interface RpcMethod {
  readonly name: string;
  readonly params: readonly Param<unknown>[];
  readonly isAdmin: boolean;
  readonly answer: string;
  /** `params` as they came. Fit for JSON. */
  readonly invoke: (context: RpcContext, params: unknown) => unknown;
}

export function method<const P extends readonly Param<unknown>[]>(declared: Declaration<P>): RpcMethod {
  const { name, params, admin, answer, call } = declared;
  return {
    name,
    params,
    isAdmin: admin === true,
    answer,
    invoke: (context, given) => {
      const list = requireList(given, params.length);
      const args = params.map((param, index) => argument(list, index, param));
      return call(context, ...(args as unknown as ArgsOf<P>));
    },
  };
}

function argument(list: readonly JsonValue[], index: number, { name, type, fallback }: Param<unknown>): unknown {
  return list[index] === undefined && fallback !== undefined ? fallback : readParam(list, index, name, type);
}
