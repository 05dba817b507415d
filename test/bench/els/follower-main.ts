import { readFileSync } from 'node:fs';
import { createTokenSigner } from '../../../src/engine/jwt.js';
import { monotonicNs } from '../cpu-time.js';
import { replay } from '../floor.js';
import { initKeccak } from '../../../src/payload/keccak.js';
import { followInTurn, followNaively, type FollowerOptions, replayInBatches } from './followers.js';
import { preparedBlocks } from './prepared.js';

export type FollowerMode = 'floor' | 'limit' | 'base' | 'naive';

export interface FollowerArguments extends Omit<FollowerOptions, 'bearer'> {
  readonly mode: FollowerMode;
  readonly chainFile: string;
  readonly jwtSecretFile: string;
}

/** ready: everything is prepared, and `go` may come. done: the last block is the head. */
export type FollowerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly startedNs: number; readonly endedNs: number };

/** A follower that is not lockstep, as a process of its own. */
async function main(options: FollowerArguments): Promise<void> {
  const secret = Buffer.from(readFileSync(options.jwtSecretFile, 'utf8').trim(), 'hex');
  const signer = createTokenSigner(secret, Date.now);
  const bearer = (): string => signer.token();
  await initKeccak();
  const isPrepared = options.mode === 'floor' || options.mode === 'limit';
  const prepared = isPrepared ? await preparedBlocks(options.chainFile) : [];
  const going = new Promise((resolve) => process.once('message', resolve));
  report({ kind: 'ready' });
  await going;
  const startedNs = monotonicNs();
  if (options.mode === 'floor') await replay(options.engineUrl, prepared, bearer);
  else if (options.mode === 'limit') await replayInBatches(options.engineUrl, prepared, bearer);
  else if (options.mode === 'base') await followInTurn({ ...options, bearer });
  else await followNaively({ ...options, bearer });
  report({ kind: 'done', startedNs, endedNs: monotonicNs() });
}

function report(message: FollowerReport): void {
  process.send?.(message);
}

process.once('disconnect', () => process.exit(0));
await main(JSON.parse(process.argv[2] ?? '') as FollowerArguments);
