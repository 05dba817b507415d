const BLOB_BYTES = 131_072;

/** The point at infinity: commitment and proof of the polynomial that is zero everywhere. */
const INFINITY = `0xc0${'00'.repeat(47)}`;

interface Blob {
  readonly data: string;
  readonly commitment: string;
  readonly proof: string;
}

/** A blob of zeros, the one blob whose commitment needs no computation. */
export function emptyBlob(): Blob {
  return { data: `0x${'00'.repeat(BLOB_BYTES)}`, commitment: INFINITY, proof: INFINITY };
}
