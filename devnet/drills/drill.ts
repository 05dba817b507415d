import type { ElKind } from '../els/el.js';
import { STACK_KINDS, type StackKind } from '../stack/kinds.js';
import type { Scene } from './scene.js';

/** A fault, and what has to be seen of it. Whether both sides agree afterwards is checked for all drills alike. */
export interface Drill {
  readonly name: string;
  /** One clause, for the list. */
  readonly what: string;
  readonly kinds: readonly StackKind[];
  /** Only for these ELs of the follower; absent: for any. */
  readonly followers?: readonly ElKind[];
  /** It has the whole chain replayed: `all` begins with these, while it is short. */
  readonly fromGenesis?: true;
  /** Begins while both sides agree. @throws Error when something that has to be seen is not. */
  run(scene: Scene): Promise<void>;
}

export const EVERYWHERE = STACK_KINDS;

/** Where the blocks of the source are made by the devnet. */
export const WITH_PRODUCER: readonly StackKind[] = ['ethereumjs', 'geth', 'op'];

export const WITH_OP_NODE: readonly StackKind[] = ['opstack'];
