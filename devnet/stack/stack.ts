export type EndSignal = 'SIGTERM' | 'SIGKILL';

/** One process of a devnet, as it runs now. */
export interface StackPart {
  readonly name: string;
  /** As the program itself says it. */
  readonly version: string;
  readonly pid: number;
  readonly logFile: string;
  /** By what they serve: `http`, `engine`, `rpc`. They stay over a restart. */
  readonly urls: Readonly<Record<string, string>>;
  readonly restarts: number;
}

/** A devnet of any kind: named processes that can be restarted one by one and end together. */
export interface Stack {
  readonly parts: readonly StackPart[];
  /** What keeps the devnet from making blocks, or null: an error of the part of it that is in our own process. */
  readonly failure: unknown;
  /**
   * Ends one part by the signal and starts it again on the same ports and data.
   * @throws Error when there is no such part, or when it does not come back.
   */
  restart(part: string, signal: EndSignal): Promise<void>;
  /** Ends every process and returns when they are gone. */
  close(): Promise<void>;
}
