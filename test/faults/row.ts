/** A test that shows what a row says. */
export interface Evidence {
  readonly file: string;
  /** The title as it stands in the file, placeholders included. */
  readonly test: string;
  /** Which case of a table of cases, where the title alone does not tell. */
  readonly of?: string;
  /** The ELs that it runs on, for a test below test/els. */
  readonly on?: string;
}

/** One fault of the matrix: what goes wrong, what lockstep does then, and where that is shown. */
export interface FaultRow {
  readonly id: string;
  readonly fault: string;
  readonly behaviour: string;
  readonly shown: readonly [Evidence, ...Evidence[]];
  /** Where something else was planned: what that was, and what speaks against it. */
  readonly changed?: { readonly planned: string; readonly why: string };
}

/** So many rows are in each part of the matrix. */
const PARTS = { S: 26, E: 22, N: 3, H: 8, O: 6, A: 5 } as const;

export const PART_TITLES: Readonly<Record<keyof typeof PARTS, string>> = {
  S: 'Source',
  E: 'Execution client',
  N: 'Network',
  H: 'Host',
  O: 'Operator',
  A: 'Adversary',
};

/** Every id of the matrix, in its order. */
export const FAULT_IDS: readonly string[] = Object.entries(PARTS).flatMap(([part, count]) =>
  Array.from({ length: count }, (_, index) => `${part}${index + 1}`),
);
