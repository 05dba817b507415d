import { createHash } from 'node:crypto';

/** A stream of numbers that its seed alone decides, the same on every machine. */
export interface Random {
  /** An integer of 0 .. below - 1, for `below` up to 2^32. */
  integer(below: number): number;
}

export function random(seed: string): Random {
  let counter = 0;
  return {
    integer(below) {
      const digest = createHash('sha256').update(`${seed}/${counter}`).digest();
      counter += 1;
      return digest.readUInt32BE(0) % below;
    },
  };
}
