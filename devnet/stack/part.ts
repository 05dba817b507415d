import type { RunningEl } from '../els/el.js';
import type { ExitStatus } from '../process/bound-process.js';
import type { EndSignal, StackPart } from './stack.js';

/** What a launch gives: one process that answers. */
export interface RunningPart {
  readonly version: string;
  readonly pid: number;
  readonly logFile: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly el: StackPart['el'];
  stop(): Promise<ExitStatus>;
  kill(): Promise<ExitStatus>;
}

/** A process with a name that comes back in its place: each launch takes the same ports and data. */
export class Part implements StackPart {
  private running: RunningPart | null = null;
  private launches = 0;

  constructor(
    readonly name: string,
    private readonly launch: () => Promise<RunningPart>,
  ) {}

  async start(): Promise<void> {
    this.running = await this.launch();
    this.launches += 1;
  }

  /** Does nothing when it has not started. */
  async end(signal: EndSignal): Promise<void> {
    await (signal === 'SIGTERM' ? this.running?.stop() : this.running?.kill());
  }

  get started(): boolean {
    return this.running !== null;
  }

  get version(): string {
    return this.now.version;
  }

  get pid(): number {
    return this.now.pid;
  }

  get logFile(): string {
    return this.now.logFile;
  }

  get urls(): Readonly<Record<string, string>> {
    return this.now.urls;
  }

  get el(): StackPart['el'] {
    return this.now.el;
  }

  get restarts(): number {
    return this.launches - 1;
  }

  private get now(): RunningPart {
    if (this.running === null) throw new Error(`${this.name} has not started`);
    return this.running;
  }
}

/** An execution client as a part. */
export function elPart(el: RunningEl): RunningPart {
  const { kind, jwtSecretFile } = el;
  return { ...el, urls: { http: el.httpUrl, engine: el.engineUrl }, el: { kind, jwtSecretFile } };
}
