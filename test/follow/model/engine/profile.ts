/** What one kind of EL does where the Engine API leaves a choice, or where it errs. Windows and depths count blocks. */
export interface EngineProfile {
  readonly name: string;
  /**
   * A forkchoice that names an ancestor of the head. moves: head and labels. head-first: the head, and the labels when it
   * is sent again. labels-only, ignored: VALID all the same.
   */
  readonly ancestor: 'moves' | 'head-first' | 'labels-only' | 'ignored';
  /** One forkchoice moves the head back so far at most; deeper is -38006. */
  readonly maxReset: number;
  /** After a start, an ancestor is ignored until one forkchoice has named the head or a new block. */
  readonly gated: boolean;
  /** An ancestor below the finalized block. as-others: it is one like every other. */
  readonly belowFinalized: 'as-others' | 'labels-only' | 'ignored' | 'too-deep';
  /** A block is executed on parents down to so far below the highest block that was ever executed. */
  readonly stateWindow: number;
  /** The answer to a payload whose parent is known, and the state of the parent gone. */
  readonly withoutState: 'ACCEPTED' | 'SYNCING' | 'INVALID' | 'REJECTED';
  /** What becomes the head although its state is gone: executed again from the nearest state, or taken without one. */
  readonly statelessHead: 'executed-again' | 'taken' | 'too-deep';
  /** Which known payloads are VALID without a look. */
  readonly knownIsValid: 'stored' | 'canonical';
  readonly labels: LabelHabits;
  /**
   * How it remembers an INVALID block. forgets: it looks again each time. descendants: until the next start, and with it
   * what is built on it. sticky: so does it, whatever the reason was.
   */
  readonly bad: 'forgets' | 'descendants' | 'sticky';
  /**
   * A forkchoice for a block that was canonical until just now, and is still being removed. moves: at once. lies: VALID
   * and unmoved until the removal is through. dies: the EL crashes, and the blocks are gone once the removal is through.
   */
  readonly removed: 'moves' | 'lies' | 'dies';
  /** debug_setHead. lies: success, and nothing happens. missing: -32601. */
  readonly setHead: 'rewinds' | 'lies' | 'missing';
  /** debug_setHead beyond the window of states: 'exact', or at genesis. */
  readonly deepSetHead: 'exact' | 'genesis';
  /**
   * A second block with the state of one that it has, which is what a copied sibling is. spoils: from then on it reads the
   * states above wrongly, and calls what is built on them INVALID until the next start.
   */
  readonly sameState: 'fine' | 'spoils';
  /** The answer to a forkchoice that has moved the head back, or to another branch. */
  readonly reorgAnswer: 'VALID' | 'SYNCING';
  /** The answer to a payload whose parent is unknown. */
  readonly orphan: 'SYNCING' | 'ACCEPTED';
  /** While it fetches blocks from its peers it answers SYNCING to everything, also for known blocks. */
  readonly pipeline: boolean;
  /** How many blocks a SIGTERM and a SIGKILL cost at most. */
  readonly tailLoss: { readonly stopped: number; readonly killed: number };
  /** What may be left above the head after a SIGKILL. */
  readonly keeps: readonly Keeps[];
  /** What the labels are after a start. safe-is-finalized: an older one after a SIGKILL. older: of earlier forkchoices. */
  readonly labelsAfterStart: 'kept' | 'safe-is-finalized' | 'safe-unset' | 'older';
  /** Each call may be answered as by any of these; empty for an EL that is one of its kind. */
  readonly alternatives: readonly EngineProfile[];
}

export interface LabelHabits {
  /** A label that cannot be set is found before anything moves. Else the head has moved by then, and -38002 follows. */
  readonly atomic: boolean;
  /**
   * canonical: each has to be on the chain of the EL, finalized is set first, and no order is asked for. known: each has
   * to be known. ordered: finalized <= safe <= head on one chain, as the specification has it.
   */
  readonly rule: 'canonical' | 'known' | 'ordered';
  /** The code for heights that are not finalized <= safe <= head, where the rule is ordered; else it is -38002. */
  readonly outOfOrder: -38002 | -32602;
  /** A label above the head is taken and not shown. */
  readonly aboveHead?: 'hidden';
  /** Zero hashes leave the labels as they are, or set them to genesis. */
  readonly zeros: 'unchanged' | 'genesis';
  /** A forkchoice for the head that the EL has already sets the labels too. */
  readonly atSameHead: boolean;
}

/**
 * What an EL that comes back lower keeps of the blocks above its head. nothing: it has only the chain of its head. stored:
 * it knows them. mapped: it also takes them for its chain, number by number, until another block takes the place of the
 * lowest (a stale mapping). stubborn: as mapped, and every single one has to be replaced.
 */
export type Keeps = 'nothing' | 'stored' | 'mapped' | 'stubborn';
