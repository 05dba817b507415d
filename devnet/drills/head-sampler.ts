import { readHeads } from '../heads.js';
import { Ticker } from '../producer/ticker.js';
import type { RpcClient } from '../rpc.js';
import type { Sample } from './record.js';

const EVERY_MS = 250;

/** Looks at both sides several times a second. */
export class HeadSampler {
  readonly samples: Sample[] = [];
  private readonly ticker = new Ticker(EVERY_MS, () => this.look());

  constructor(
    private readonly source: RpcClient,
    private readonly follower: RpcClient,
    private readonly life: () => number,
  ) {}

  start(): void {
    this.ticker.start(Number.POSITIVE_INFINITY);
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  private async look(): Promise<void> {
    const life = this.life();
    const [source, follower] = await Promise.all([
      readHeads(this.source).catch(() => null),
      readHeads(this.follower).catch(() => null),
    ]);
    // What an EL said while it was being ended may be of either life.
    if (life === this.life()) this.samples.push({ atMs: Date.now(), source, follower, life });
  }
}
