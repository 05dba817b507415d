/** What one caller, and all together, can take up. */
export const RPC_LIMITS = {
  /** Whoever asks for more in one batch asks twice. */
  batch: 50,
  /** Parameters are a number or two: a full batch of them has 10 kB. */
  bodyBytes: 128 * 1024,
  /** From the first byte of a request to the last. */
  requestSeconds: 5,
  /** Without a byte in either direction: an answer that nobody takes is not kept for longer. */
  silenceSeconds: 30,
  connections: 256,
  /** More wait for the EL, or for being written, than this: the rest is refused at once. */
  underWay: 256,
} as const;
