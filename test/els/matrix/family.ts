import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEl, type ElKind, type RunningEl } from '../../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../../devnet/genesis.js';
import { ALL_AT_GENESIS, createOpGenesis } from '../../../devnet/op-stack/genesis.js';
import { createProducer, type Producer, type ProducerOptions } from '../../../devnet/producer/producer.js';
import type { BlockRef } from '../../../src/chain/block.js';

/** Everything is caught up from an empty database over at least so many blocks. */
export const CATCH_UP_BLOCKS = 500;

/** Deep enough that the labels stay below the deepest ancestor that a forkchoice is sent for. */
const PRODUCER: ProducerOptions = {
  seed: 'matrix',
  txsPerBlock: 2,
  safeDistance: 40,
  finalizedDistance: 64,
  blockTimeMs: 1_000,
  largeBlockAt: 301,
};

/** One chain, and the EL that makes it: the source of every column that can follow it. */
export class Family {
  private columns = 0;

  private constructor(
    private readonly dir: string,
    readonly genesis: Genesis,
    readonly jwtSecretFile: string,
    readonly source: RunningEl,
    readonly producer: Producer,
  ) {}

  /** A Prague chain built by geth. */
  static async ethereum(): Promise<Family> {
    const genesis = createGenesis({ seed: PRODUCER.seed, timestamp: FIXED_GENESIS_TIMESTAMP });
    return Family.start('geth', genesis, { ...PRODUCER, blobs: true, requests: true });
  }

  /** A chain of the OP Stack with every fork, built by op-geth. */
  static async opStack(): Promise<Family> {
    const { seed } = PRODUCER;
    const genesis = createOpGenesis({ seed, timestamp: FIXED_GENESIS_TIMESTAMP, forks: ALL_AT_GENESIS });
    return Family.start('op-geth', genesis, PRODUCER);
  }

  private static async start(kind: ElKind, genesis: Genesis, options: ProducerOptions): Promise<Family> {
    const dir = mkdtempSync(join(tmpdir(), 'lockstep-matrix-'));
    const jwtSecretFile = join(dir, 'jwt.hex');
    writeFileSync(jwtSecretFile, '5a'.repeat(32));
    const source = await launchEl(kind, { dataDir: join(dir, 'source'), genesis, jwtSecretFile });
    try {
      const producer = await createProducer(source, options);
      const family = new Family(dir, genesis, jwtSecretFile, source, producer);
      await producer.produce(CATCH_UP_BLOCKS);
      return family;
    } catch (error) {
      await source.kill();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  get head(): BlockRef {
    return this.producer.head;
  }

  /** A directory of its own for a column. */
  columnDir(): string {
    this.columns += 1;
    const dir = join(this.dir, `column-${this.columns}`);
    mkdirSync(dir);
    return dir;
  }

  async close(): Promise<void> {
    await this.producer.stop();
    await this.source.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
