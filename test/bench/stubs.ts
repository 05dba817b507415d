import type { ChildProcess } from 'node:child_process';
import type { Children } from './children.js';
import type {
  ElArrivals,
  ElCommand,
  ElReport,
  ElRun,
  ElWindow,
  SourceCommand,
  SourceCounts,
  SourceOptions,
  SourceReport,
} from './stub-messages.js';

export interface Report {
  readonly kind: string;
}

/** The next message of a kind; rejects when the process ends before. */
export function nextReport<T extends Report>(child: ChildProcess, kind: T['kind']): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = (message: unknown): void => {
      if ((message as Report).kind === kind) settle(() => resolve(message as T));
    };
    const onExit = (): void => settle(() => reject(new Error(`the stub ended before it reported ${kind}`)));
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/** The EL stub, as the bench holds it. */
export class ElHandle {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(children: Children): Promise<ElHandle> {
    const child = children.stub('el-stub.js', []);
    const { port } = await nextReport<Extract<ElReport, { kind: 'ready' }>>(child, 'ready');
    return new ElHandle(child, port);
  }

  /** Begins a run. The window comes when the target is the head; it rejects only when the stub ends. */
  async begin(run: Omit<ElRun, 'kind'>): Promise<{ readonly window: Promise<ElWindow> }> {
    const window = nextReport<ElWindow>(this.#child, 'window');
    // The run may be given up before anybody waits for its window.
    window.catch(() => undefined);
    const taken = nextReport<Extract<ElReport, { kind: 'reset' }>>(this.#child, 'reset');
    this.#send({ kind: 'run', ...run });
    await taken;
    return { window };
  }

  /** From the first newPayload on, this process's CPU is counted. */
  async watch(pid: number): Promise<void> {
    const watching = nextReport<Extract<ElReport, { kind: 'watching' }>>(this.#child, 'watching');
    this.#send({ kind: 'watch', pid });
    await watching;
  }

  /** Resolves when a forkchoice has made that block the head. */
  async standsAt(hash: string): Promise<void> {
    const stands = nextReport<Extract<ElReport, { kind: 'stands' }>>(this.#child, 'stands');
    this.#send({ kind: 'await', hash });
    await stands;
  }

  /** When the first newPayload of each height of the run came in, in ns. */
  async arrivals(): Promise<ReadonlyMap<number, number>> {
    const arrivals = nextReport<ElArrivals>(this.#child, 'arrivals');
    this.#send({ kind: 'arrivals' });
    return new Map((await arrivals).payloads);
  }

  #send(command: ElCommand): void {
    this.#child.send(command);
  }
}

/** The source stub, as the bench holds it. */
export class SourceHandle {
  readonly url: string;
  /** newHeads on the same port. */
  readonly webSocketUrl: string;
  readonly #child: ChildProcess;
  readonly #children: Children;

  private constructor(child: ChildProcess, children: Children, port: number) {
    this.#child = child;
    this.#children = children;
    this.url = `http://127.0.0.1:${port}`;
    this.webSocketUrl = `ws://127.0.0.1:${port}`;
  }

  static async start(children: Children, options: SourceOptions): Promise<SourceHandle> {
    const child = children.stub('source-stub.js', [JSON.stringify(options)]);
    const { port } = await nextReport<Extract<SourceReport, { kind: 'ready' }>>(child, 'ready');
    return new SourceHandle(child, children, port);
  }

  goLive(): void {
    this.#send({ kind: 'live' });
  }

  /** Resolves when the body of the first block is asked for. */
  firstBody(): Promise<{ readonly atNs: number }> {
    const body = nextReport<Extract<SourceReport, { kind: 'body' }>>(this.#child, 'body');
    // The run may fail before anybody waits for it.
    body.catch(() => undefined);
    this.#send({ kind: 'watch-body' });
    return body;
  }

  /** The calls since the last count. */
  count(): Promise<SourceCounts> {
    const counts = nextReport<SourceCounts>(this.#child, 'counts');
    this.#send({ kind: 'count' });
    return counts;
  }

  close(): Promise<void> {
    return this.#children.end(this.#child);
  }

  #send(command: SourceCommand): void {
    this.#child.send(command);
  }
}
