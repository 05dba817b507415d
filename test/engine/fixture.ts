import { afterEach } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import type { Engine } from '../../src/engine/engine.js';
import { createEngine, type EngineOptions } from '../../src/engine/http.js';
import type { Payload, PayloadVersion } from '../../src/payload/payload.js';
import { type Hash, ZERO_HASH } from '../../src/util/hex.js';
import { FakeEngine } from '../rig/fake-engine.js';
import { FIXED_REQUEST_ID, requestText } from '../../src/util/request-text.js';

export const SECRET = Buffer.from('5ec2e7'.padEnd(64, '9d'), 'hex');

/** A never aborting signal, for the calls that are not about aborting. */
export const NEVER = new AbortController().signal;

/** Blocks 0 to 8 of the main branch, and 5' to 8' that branch off at block 4. */
export const A = makeChain('a', 9);
export const B = [...A.slice(0, 5), ...makeChain('b', 4, A[4])];

/** A promise that is settled by hand. */
export function makeGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const resources: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(resources.splice(0).map((each) => each.close()));
});

/** Closes it after the test, also when the test fails. */
function closing<T extends { close(): Promise<void> }>(resource: T): T {
  resources.push(resource);
  return resource;
}

/** A fake EL at block 4 of the main branch that knows both branches, and the engine under test in front of it. */
export async function startPair(options: Partial<EngineOptions> = {}): Promise<{ fake: FakeEngine; engine: Engine }> {
  const fake = closing(await FakeEngine.start(SECRET, A.slice(0, 5)));
  fake.know(...A, ...B);
  return { fake, engine: connect(fake.url, options) };
}

export function connect(url: string, options: Partial<EngineOptions> = {}): Engine {
  const defaults = { url, jwtSecret: SECRET, timeoutMs: 20_000, version: '0.0.1', repeatDelaysMs: [1, 1, 1] };
  return closing(createEngine({ ...defaults, ...options }));
}

export function payloadOf({ number, hash, parentHash, timestamp }: BlockRef, version: PayloadVersion = 3): Payload {
  const body = {
    blockNumber: `0x${number.toString(16)}`,
    blockHash: hash,
    parentHash,
    timestamp: `0x${timestamp.toString(16)}`,
  };
  const call = { method: `engine_newPayloadV${version}`, params: [body, [], parentHash] };
  const request = Buffer.from(requestText(FIXED_REQUEST_ID, call));
  return { ref: { number, hash, parentHash, timestamp }, version, request, transactionCount: 0, l1Origin: null };
}

/** Refs whose hashes are made of the branch letter and the height; `from` is the block the branch grows on. */
function makeChain(branch: 'a' | 'b', length: number, from?: BlockRef): BlockRef[] {
  const refs: BlockRef[] = [];
  for (let parent = from; refs.length < length; parent = refs.at(-1)) {
    const number = parent === undefined ? 0 : parent.number + 1;
    const hash: Hash = `0x${branch}${number.toString(16).padStart(63, '0')}`;
    refs.push({ number, hash, parentHash: parent?.hash ?? ZERO_HASH, timestamp: 1_700_000_000 + number });
  }
  return refs;
}
