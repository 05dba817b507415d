import { join } from 'node:path';
import { spawnBound, type BoundProcess } from '../../devnet/process/bound-process.js';

/** A port of another process that leads to a port of ours. */
export class Relay {
  private constructor(
    private readonly child: BoundProcess,
    readonly url: string,
  ) {}

  static async open(upstreamUrl: string, dir: string): Promise<Relay> {
    const child = await spawnBound({
      program: 'test/rig/relay-main',
      args: [new URL(upstreamUrl).port],
      logFile: join(dir, 'relay.log'),
    });
    return new Relay(child, `http://127.0.0.1:${Number(child.report['port'])}`);
  }

  async close(): Promise<void> {
    this.child.signal('SIGKILL');
    await this.child.exited;
  }
}
