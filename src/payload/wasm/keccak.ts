// Keccak-256 (Keccak reference 3.0, padding 0x01) of two messages at a time: lane i of both states stands in one v128.
// A sponge that has ended takes the next message, so that none waits for a longer one.

const RATE_BYTES: i32 = 136;
const LANES: i32 = 25;

const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
const ROUND_CONSTANTS_END: usize = ROUND_CONSTANTS + 24 * 8;

/** The states of both sponges, lane by lane in turn. */
const STATE: usize = memory.data(LANES * 16, 16);

// A sponge, apart from its state: the block under construction, and what follows it.
const NEXT: usize = 136;
const LEFT: usize = 140;
const DIGEST: usize = 144;
const PHASE: usize = 148;
const SPONGE_BYTES: i32 = 160;
const SPONGES: usize = memory.data(2 * SPONGE_BYTES, 16);
const FIRST: usize = SPONGES;
const SECOND: usize = SPONGES + SPONGE_BYTES;

const IDLE: u32 = 0;
const ABSORBING: u32 = 1;
/** The block at hand is the padded one. */
const ENDING: u32 = 2;

/** A sponge without a message; its first RATE_BYTES bytes take what stands before the message. */
export function freeSponge(): usize {
  while (true) {
    if (load<u32>(FIRST, PHASE) == IDLE) return FIRST;
    if (load<u32>(SECOND, PHASE) == IDLE) return SECOND;
    step();
  }
}

/**
 * Hashes `prefixBytes` bytes that were written to the free sponge, and `sizeBytes` more from `start` on, which have to
 * stay until `drain`. The 32 bytes at `digest` are written by then.
 */
export function absorb(sponge: usize, prefixBytes: i32, start: usize, sizeBytes: i32, digest: usize): void {
  const state = stateOf(sponge);
  for (let lane: usize = 0; lane < <usize>LANES; lane++) store<u64>(state + 16 * lane, 0);
  store<u32>(sponge, <u32>digest, DIGEST);
  const room = RATE_BYTES - prefixBytes;
  if (sizeBytes >= room) {
    memory.copy(sponge + prefixBytes, start, room);
    store<u32>(sponge, <u32>start + room, NEXT);
    store<u32>(sponge, <u32>(sizeBytes - room), LEFT);
    store<u32>(sponge, ABSORBING, PHASE);
    addBlock(sponge, sponge);
  } else {
    memory.copy(sponge + prefixBytes, start, sizeBytes);
    pad(sponge, prefixBytes + sizeBytes);
  }
}

/** Ends the hashing of all messages. */
export function drain(): void {
  while ((load<u32>(FIRST, PHASE) | load<u32>(SECOND, PHASE)) != IDLE) step();
}

function step(): void {
  permute();
  advance(FIRST);
  advance(SECOND);
}

function advance(sponge: usize): void {
  const phase = load<u32>(sponge, PHASE);
  if (phase == ABSORBING) absorbNext(sponge);
  else if (phase == ENDING) squeeze(sponge);
}

function absorbNext(sponge: usize): void {
  const next = <usize>load<u32>(sponge, NEXT);
  const left = <i32>load<u32>(sponge, LEFT);
  if (left >= RATE_BYTES) {
    store<u32>(sponge, <u32>next + RATE_BYTES, NEXT);
    store<u32>(sponge, <u32>(left - RATE_BYTES), LEFT);
    addBlock(sponge, next);
  } else {
    memory.copy(sponge, next, left);
    pad(sponge, left);
  }
}

function pad(sponge: usize, sizeBytes: i32): void {
  memory.fill(sponge + sizeBytes, 0, RATE_BYTES - sizeBytes);
  store<u8>(sponge + sizeBytes, 0x01);
  store<u8>(sponge, load<u8>(sponge, RATE_BYTES - 1) | 0x80, RATE_BYTES - 1);
  store<u32>(sponge, ENDING, PHASE);
  addBlock(sponge, sponge);
}

/** Adds a block to the state of a sponge. */
function addBlock(sponge: usize, block: usize): void {
  const state = stateOf(sponge);
  for (let at: usize = 0; at < <usize>RATE_BYTES; at += 8) {
    const lane = state + 2 * at;
    store<u64>(lane, load<u64>(lane) ^ load<u64>(block + at));
  }
}

function squeeze(sponge: usize): void {
  const state = stateOf(sponge);
  const digest = <usize>load<u32>(sponge, DIGEST);
  for (let at: usize = 0; at < 32; at += 8) store<u64>(digest + at, load<u64>(state + 2 * at));
  store<u32>(sponge, IDLE, PHASE);
}

// @ts-ignore: decorator
@inline
function stateOf(sponge: usize): usize {
  return sponge == FIRST ? STATE : STATE + 8;
}

/** Keccak-f[1600]. In a round: theta (c, d), rho and pi (b), chi and iota; lane x, y is a[x + 5 * y]. */
function permute(): void {
  let a0 = lane(0), a1 = lane(1), a2 = lane(2), a3 = lane(3), a4 = lane(4);
  let a5 = lane(5), a6 = lane(6), a7 = lane(7), a8 = lane(8), a9 = lane(9);
  let a10 = lane(10), a11 = lane(11), a12 = lane(12), a13 = lane(13), a14 = lane(14);
  let a15 = lane(15), a16 = lane(16), a17 = lane(17), a18 = lane(18), a19 = lane(19);
  let a20 = lane(20), a21 = lane(21), a22 = lane(22), a23 = lane(23), a24 = lane(24);
  for (let constant = ROUND_CONSTANTS; constant < ROUND_CONSTANTS_END; constant += 8) {
    const c0 = parity(a0, a5, a10, a15, a20);
    const c1 = parity(a1, a6, a11, a16, a21);
    const c2 = parity(a2, a7, a12, a17, a22);
    const c3 = parity(a3, a8, a13, a18, a23);
    const c4 = parity(a4, a9, a14, a19, a24);
    const d0 = v128.xor(c4, rotate(c1, 1));
    const d1 = v128.xor(c0, rotate(c2, 1));
    const d2 = v128.xor(c1, rotate(c3, 1));
    const d3 = v128.xor(c2, rotate(c4, 1));
    const d4 = v128.xor(c3, rotate(c0, 1));
    const b0 = v128.xor(a0, d0), b1 = mix(a6, d1, 44), b2 = mix(a12, d2, 43),
      b3 = mix(a18, d3, 21), b4 = mix(a24, d4, 14);
    const b5 = mix(a3, d3, 28), b6 = mix(a9, d4, 20), b7 = mix(a10, d0, 3),
      b8 = mix(a16, d1, 45), b9 = mix(a22, d2, 61);
    const b10 = mix(a1, d1, 1), b11 = mix(a7, d2, 6), b12 = mix(a13, d3, 25),
      b13 = mix(a19, d4, 8), b14 = mix(a20, d0, 18);
    const b15 = mix(a4, d4, 27), b16 = mix(a5, d0, 36), b17 = mix(a11, d1, 10),
      b18 = mix(a17, d2, 15), b19 = mix(a23, d3, 56);
    const b20 = mix(a2, d2, 62), b21 = mix(a8, d3, 55), b22 = mix(a14, d4, 39),
      b23 = mix(a15, d0, 41), b24 = mix(a21, d1, 2);
    a0 = chi(b0, b1, b2); a1 = chi(b1, b2, b3); a2 = chi(b2, b3, b4); a3 = chi(b3, b4, b0); a4 = chi(b4, b0, b1);
    a5 = chi(b5, b6, b7); a6 = chi(b6, b7, b8); a7 = chi(b7, b8, b9); a8 = chi(b8, b9, b5); a9 = chi(b9, b5, b6);
    a10 = chi(b10, b11, b12); a11 = chi(b11, b12, b13); a12 = chi(b12, b13, b14);
    a13 = chi(b13, b14, b10); a14 = chi(b14, b10, b11);
    a15 = chi(b15, b16, b17); a16 = chi(b16, b17, b18); a17 = chi(b17, b18, b19);
    a18 = chi(b18, b19, b15); a19 = chi(b19, b15, b16);
    a20 = chi(b20, b21, b22); a21 = chi(b21, b22, b23); a22 = chi(b22, b23, b24);
    a23 = chi(b23, b24, b20); a24 = chi(b24, b20, b21);
    a0 = v128.xor(a0, v128.load64_splat(constant));
  }
  setLane(0, a0); setLane(1, a1); setLane(2, a2); setLane(3, a3); setLane(4, a4);
  setLane(5, a5); setLane(6, a6); setLane(7, a7); setLane(8, a8); setLane(9, a9);
  setLane(10, a10); setLane(11, a11); setLane(12, a12); setLane(13, a13); setLane(14, a14);
  setLane(15, a15); setLane(16, a16); setLane(17, a17); setLane(18, a18); setLane(19, a19);
  setLane(20, a20); setLane(21, a21); setLane(22, a22); setLane(23, a23); setLane(24, a24);
}

// @ts-ignore: decorator
@inline
function lane(index: i32): v128 {
  return v128.load(STATE + 16 * index);
}

// @ts-ignore: decorator
@inline
function setLane(index: i32, value: v128): void {
  v128.store(STATE + 16 * index, value);
}

// @ts-ignore: decorator
@inline
function parity(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), e);
}

// @ts-ignore: decorator
@inline
function mix(lane: v128, parities: v128, bits: i32): v128 {
  return rotate(v128.xor(lane, parities), bits);
}

// @ts-ignore: decorator
@inline
function chi(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.andnot(c, b));
}

// @ts-ignore: decorator
@inline
function rotate(lanes: v128, bits: i32): v128 {
  return v128.or(i64x2.shl(lanes, bits), i64x2.shr_u(lanes, 64 - bits));
}
