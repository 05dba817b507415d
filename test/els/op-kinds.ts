import { isAtHand, type ElKind } from '../../devnet/els/el.js';

/** The ELs of the OP Stack that can run here; for another one it says that its tests did not run. */
export async function opKindsAtHand(): Promise<readonly ElKind[]> {
  const kinds: ElKind[] = [];
  for (const kind of ['op-geth', 'op-reth'] as const) {
    if (await isAtHand(kind)) kinds.push(kind);
    else process.stderr.write(`${kind}: not run, there is no binary of it\n`);
  }
  return kinds;
}
