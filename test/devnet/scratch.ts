import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEl, type ElKind, type ElOptions, type RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';

/** A temporary directory with a JWT secret, and the ELs that a test starts there. */
export class Scratch {
  readonly dir = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  readonly jwtSecretFile = join(this.dir, 'jwt.hex');
  private readonly launched: RunningEl[] = [];

  constructor() {
    writeFileSync(this.jwtSecretFile, '5a'.repeat(32));
  }

  /** A new EL on the chain of seed `1`; the same `name` is the same data directory. */
  async launch(kind: ElKind, name: string, options: Partial<ElOptions> = {}): Promise<RunningEl> {
    const el = await launchEl(kind, {
      dataDir: join(this.dir, name),
      genesis: createGenesis({ seed: '1', timestamp: FIXED_GENESIS_TIMESTAMP }),
      jwtSecretFile: this.jwtSecretFile,
      ...options,
    });
    this.launched.push(el);
    return el;
  }

  async remove(): Promise<void> {
    await Promise.all(this.launched.map((el) => el.kill()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const PRODUCER = {
  seed: '1',
  txsPerBlock: 4,
  safeDistance: 2,
  finalizedDistance: 4,
  blockTimeMs: 1_000,
} as const;
