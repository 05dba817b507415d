import type { BlockRef, Heads, Labels } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { Hash } from '../util/hex.js';
import type { Turn } from '../follow/state.js';

/** Both sides as of the last turn, and how fast the gap closes. */
export interface Progress {
  readonly engine: Heads | null;
  readonly source: { readonly head: BlockRef; readonly labels: Labels | null } | null;
  /** The newest word of the source's consensus client; null where there is none. */
  readonly status: SyncStatus | null;
  readonly lagBlocks: number | null;
  /** Of the EL's head; null where it was not replayed by this process, and on a chain that is not of the OP Stack. */
  readonly l1Origin: L1Origin | null;
  /** Blocks replayed per second over the last window. */
  readonly blocksPerSecond: number;
  /** Seconds until the gap is closed at this speed; null when it does not close. */
  readonly etaSeconds: number | null;
  /** How far an EL sync has got, and what shows it; null while none runs. */
  readonly elSync: { readonly at: number; readonly of: number; readonly by: 'latest' | 'eth_syncing' } | null;
}

/** What is remembered of the block that the EL called VALID last. */
interface ReplayedBlock {
  readonly ref: { readonly hash: Hash };
  readonly l1Origin: L1Origin | null;
}

/** The speed is measured over this long. */
const WINDOW_MS = 15_000;

/** Keeps count of the blocks that came in, for the progress line and the metrics. */
export class ProgressTracker {
  readonly #now: () => number;
  readonly #arrivals: number[] = [];
  #startedAt: number | null = null;
  #engine: Heads | null = null;
  #source: Progress['source'] = null;
  #replayed: ReplayedBlock | null = null;
  #status: SyncStatus | null = null;
  #elSync: Progress['elSync'] = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  turn({ state, observation: { engine, source } }: Turn): void {
    const run = state.elSync?.stage === 'running' ? state.elSync : null;
    this.#elSync = run === null ? null : { at: run.at, of: run.target.number, by: run.by };
    if (engine.kind === 'seen') this.#engine = engine.value.heads;
    if (source.kind === 'seen') this.#source = source.value;
  }

  status(status: SyncStatus): void {
    this.#status = status;
  }

  block(replayed: ReplayedBlock): void {
    const now = this.#now();
    this.#replayed = replayed;
    this.#startedAt ??= now;
    this.#arrivals.push(now);
    this.#forget(now);
  }

  get snapshot(): Progress {
    const now = this.#now();
    this.#forget(now);
    const blocksPerSecond = this.#rate(now);
    const lagBlocks = this.#lag();
    const closes = lagBlocks !== null && lagBlocks > 0 && blocksPerSecond > 0;
    const etaSeconds = closes ? Math.ceil(lagBlocks / blocksPerSecond) : null;
    const [engine, source, status] = [this.#engine, this.#source, this.#status];
    const elSync = this.#elSync;
    const l1Origin = this.#l1Origin();
    return { engine, source, status, lagBlocks, l1Origin, elSync, blocksPerSecond, etaSeconds };
  }

  #rate(now: number): number {
    if (this.#startedAt === null || this.#arrivals.length === 0) return 0;
    const spanMs = Math.min(WINDOW_MS, Math.max(1_000, now - this.#startedAt));
    return Math.round((this.#arrivals.length * 10_000) / spanMs) / 10;
  }

  #lag(): number | null {
    if (this.#engine === null || this.#source === null) return null;
    return this.#source.head.number - this.#engine.unsafe.number;
  }

  #l1Origin(): L1Origin | null {
    if (this.#replayed === null || this.#replayed.ref.hash !== this.#engine?.unsafe.hash) return null;
    return this.#replayed.l1Origin;
  }

  #forget(now: number): void {
    const firstKept = this.#arrivals.findIndex((at) => now - at <= WINDOW_MS);
    this.#arrivals.splice(0, firstKept === -1 ? this.#arrivals.length : firstKept);
  }
}
