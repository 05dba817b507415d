import type { OpFork, OpForkSchedule } from './genesis.js';

/** Which forks are active at which time of one chain. */
export class OpForks {
  constructor(
    private readonly schedule: OpForkSchedule,
    /** Seconds. */
    private readonly genesisTimestamp: number,
  ) {}

  isActive(fork: OpFork, timestamp: number): boolean {
    const offset = this.schedule[fork];
    return offset !== undefined && (offset === 0 || timestamp >= this.genesisTimestamp + offset);
  }

  /** The block between these two times is the first one of the fork. */
  activates(fork: OpFork, parentTimestamp: number, timestamp: number): boolean {
    return this.isActive(fork, timestamp) && !this.isActive(fork, parentTimestamp);
  }
}
