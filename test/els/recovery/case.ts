/** How the chain of the source lies to the ancestor when the recovery begins. */
export type SourceStand =
  /** It has gone on from the ancestor. */
  | 'ahead'
  /** Its tip is the ancestor, so nothing is a divergence; later it goes on. */
  | 'at ancestor'
  /** It has gone on, the divergence is confirmed, and then its tip falls back to the ancestor before it goes on. */
  | 'falls back';

/** One way in which an EL comes to stand on a branch that the source does not have. */
export interface RecoveryCase {
  /** How many blocks of its own the EL stands above the last block that both have. */
  readonly depth: number;
  readonly source: SourceStand;
  /** `branch`: its safe label is one of those blocks. */
  readonly labels: 'below ancestor' | 'branch';
  /** The EL stood on the source's chain this deep above the ancestor before it was led astray. */
  readonly executed: boolean;
}

/** What a recovery came to. */
export interface Recovery {
  /** What lockstep did, in its own words, in order. */
  readonly rungs: readonly string[];
  /** From the divergence in lockstep's log to the head of the source in the EL. */
  readonly ms: number;
  /** Requests to the source, a batch being one, from there to the first whole block. */
  readonly searchCalls: number;
  /** The searches that they are the cost of: a source that moves meanwhile makes it begin anew. */
  readonly searches: number;
}

/** What the search for an ancestor may cost. */
export function maxSearchCalls(depth: number): number {
  return Math.floor(2 * Math.log2(depth) + 4);
}

export function caseName({ depth, source, labels, executed }: RecoveryCase): string {
  const notes = [labels === 'branch' ? ', safe on the branch' : '', executed ? ', known blocks above' : ''];
  return `depth ${depth}, source ${source}${notes.join('')}`;
}
