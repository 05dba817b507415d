import type { CParts } from './go-binary.js';

/** What a launcher of one kind needs to know, with everything decided. */
export interface Launch {
  readonly dataDir: string;
  readonly genesisFile: string;
  /** Of that genesis. */
  readonly chainId: number;
  readonly gasLimit: number;
  readonly jwtSecretFile: string;
  readonly httpPort: number;
  readonly enginePort: number;
  readonly persistent: boolean;
  readonly extraFlags: readonly string[];
  readonly p2p: boolean;
  readonly cParts: CParts;
  readonly logFile: string;
}
