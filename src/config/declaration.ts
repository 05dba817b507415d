import type * as value from './values.js';

/** Where a setting may be given. The command line is visible to every user of the machine, so secrets are not read from it. */
export type Layer = 'cli' | 'env' | 'file';

/** What a derived default may look at. */
export interface Situation {
  /** The text of an option that stands earlier in the table. */
  readonly textOf: (name: string) => string;
  /** Log lines go to a terminal. */
  readonly isTTY: boolean;
  /** Where this user keeps the state of programs (XDG Base Directory); null where the environment does not tell. */
  readonly stateFolder: string | null;
}

export interface OptionDeclaration {
  readonly group: string;
  readonly describe: string;
  readonly type: value.ValueType<unknown>;
  /** Other flag names with the same meaning. */
  readonly aliases?: readonly string[];
  /** What follows LOCKSTEP_ when it is not the flag name in capitals: the suffix that OP_NODE_ uses. */
  readonly envSuffix?: string;
  /** Environment names of other clients that are read when no LOCKSTEP_ name is set. */
  readonly alsoEnv?: readonly string[];
  /** Text form of the default. */
  readonly default?: string;
  /** A default that depends on the situation: how help describes it, and its text form. */
  readonly derived?: { readonly note: string; readonly from: (situation: Situation) => string };
  readonly required?: true;
  readonly refused?: Readonly<Partial<Record<Layer, string>>>;
}
