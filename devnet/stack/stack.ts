import type { ElKind } from '../els/el.js';

export type EndSignal = 'SIGTERM' | 'SIGKILL';

/** One process of a devnet, as it runs now. */
export interface StackPart {
  readonly name: string;
  /** As the program itself says it. */
  readonly version: string;
  readonly pid: number;
  readonly logFile: string;
  /** By what they serve: `http`, `engine`, `rpc`, `ipc` (a socket file). They stay over a restart. */
  readonly urls: Readonly<Record<string, string>>;
  readonly restarts: number;
  /** Of an execution client: what it takes to drive it. */
  readonly el: { readonly kind: ElKind; readonly jwtSecretFile: string } | null;
}

/** A devnet of any kind: named processes that can be restarted one by one and end together. */
export interface Stack {
  readonly parts: readonly StackPart[];
  /** What keeps the devnet from making blocks, or null: an error of the part of it that is in our own process. */
  readonly failure: unknown;
  /** @throws Error when there is no such part. */
  end(part: string, signal: EndSignal): Promise<void>;
  /**
   * Starts a part that has ended again, on the same ports and data.
   * @throws Error when there is no such part, or when it does not come back.
   */
  start(part: string): Promise<void>;
  /** Replaces the newest `depth` blocks of the source by others, and goes on from those. */
  reorg(depth: number): Promise<void>;
  /** Ends every process and returns when they are gone. */
  close(): Promise<void>;
}
