import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { readHeads } from '../../devnet/heads.js';
import { createProducer, type Producer } from '../../devnet/producer/producer.js';
import { divert } from '../../devnet/rig/private-branch.js';
import { replayInto } from '../../devnet/rig/replay.js';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { PRODUCER, Scratch } from '../devnet/scratch.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { loggedLines, untilLogged } from '../rig/follow-world.js';
import { PeerLink } from '../rig/peer-link.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const TIMEOUT_MS = 240_000;
const SYNC_DEADLINE_MS = 120_000;
const BLOCKS = 300;

/** Enough for all headers of the chain and the first few dozen bodies. */
const STALL_BYTES = 120_000;

/** geth executes on a parent down to 128 blocks below the highest one that it ever executed (engines-measured 2.0). */
const ANCESTOR = 100;
const DEPTH = 140;

const EVERY_BLOCK = Array.from({ length: BLOCKS }, (_, index) => index + 1);

let scratch: Scratch;
let source: RunningEl;
let producer: Producer;
let follower: FollowerGeth;

beforeAll(async () => {
  scratch = new Scratch();
  source = await scratch.launch('geth', 'source', { p2p: true });
  producer = await createProducer(source, PRODUCER);
  await producer.produce(BLOCKS);
}, START_TIMEOUT_MS);

afterAll(() => scratch.remove());

afterEach(() => follower.close());

/** An empty geth without peers behind a proxy, and the lockstep that drives it. */
class FollowerGeth {
  readonly #lockstepsToKill: LockstepProcess[] = [];
  link: PeerLink | null = null;

  private constructor(
    readonly el: RunningEl,
    readonly engine: FaultProxy,
  ) {}

  static async start(name: string): Promise<FollowerGeth> {
    const el = await scratch.launch('geth', name, { p2p: true });
    return new FollowerGeth(el, await FaultProxy.start(el.engineUrl));
  }

  async connect(): Promise<PeerLink> {
    this.link = await PeerLink.open(source, this.el);
    return this.link;
  }

  /** One that leaves it to sync with its peers, at most so long without progress. */
  syncing(timeout: string): Promise<LockstepProcess> {
    return this.lockstep(['--l2.sync-mode', 'el-sync', '--l2.el-sync-timeout', timeout]);
  }

  async lockstep(flags: readonly string[]): Promise<LockstepProcess> {
    const run = this.#lockstepsToKill.length + 1;
    const lockstep = await startLockstep({
      sourceUrl: source.httpUrl,
      engineUrl: this.engine.url,
      jwtSecretFile: scratch.jwtSecretFile,
      logFile: join(scratch.dir, `${this.el.pid}-${run}.log`),
      cwd: scratch.dir,
      flags: [...flags, ...['--l2.rpc', this.el.httpUrl], ...QUICK_FLAGS],
    });
    this.#lockstepsToKill.push(lockstep);
    return lockstep;
  }

  async untilEqual(): Promise<void> {
    const rpc = rpcClient(this.el.httpUrl);
    const equal = async (): Promise<boolean> => {
      const { unsafe, finalized } = await readHeads(rpc);
      return unsafe.hash === producer.head.hash && finalized?.hash === producer.labels.finalized?.hash;
    };
    await waitUntil('both sides show the same blocks', equal, SYNC_DEADLINE_MS);
  }

  /** The heights of the payloads it was sent, in order. */
  get payloads(): readonly number[] {
    return this.engine.log.payloads.map(({ number }) => Number(number));
  }

  async close(): Promise<void> {
    await Promise.all(this.#lockstepsToKill.map((lockstep) => lockstep.kill()));
    await Promise.all([this.link?.close(), this.engine.close(), this.el.kill()]);
  }
}

describe('EL sync of an empty geth', () => {
  it(
    'without peers is given up with one warning that says so, and the blocks are replayed',
    async () => {
      follower = await FollowerGeth.start('lonely');
      const lockstep = await follower.syncing('3s');
      await follower.untilEqual();
      expect(loggedLines(lockstep, { why: 'not-started' })).toEqual([
        expect.objectContaining({
          lvl: 'warn',
          msg: 'EL sync given up, the blocks are replayed instead: the EL has no peers (net_peerCount 0)',
        }),
      ]);
      expect(follower.payloads).toEqual([BLOCKS, ...EVERY_BLOCK]);
    },
    TIMEOUT_MS,
  );

  it(
    'whose peer sends nothing any more is given up, and the rest is replayed',
    async () => {
      follower = await FollowerGeth.start('stalled');
      (await follower.connect()).stallAfter(STALL_BYTES);
      const lockstep = await follower.syncing('3s');
      await follower.untilEqual();
      const given = loggedLines(lockstep, { why: 'stalled' });
      expect(given).toEqual([expect.objectContaining({ lvl: 'warn', target: BLOCKS })]);
      const from = Number(given[0]?.['at']);
      expect(from).toBeLessThan(BLOCKS);
      expect(follower.payloads).toEqual([BLOCKS, ...EVERY_BLOCK.slice(from)]);
    },
    TIMEOUT_MS,
  );

  it(
    'is left alone by a second lockstep as well, when the first is killed in the middle',
    async () => {
      follower = await FollowerGeth.start('orphaned');
      const link = await follower.connect();
      link.stallAfter(STALL_BYTES);
      const begun = { msg: 'EL sync: the EL has begun to sync' };
      const killed = await follower.syncing('60s');
      await untilLogged(killed, begun, SYNC_DEADLINE_MS);
      await killed.kill();
      const next = await follower.syncing('60s');
      await untilLogged(next, begun, SYNC_DEADLINE_MS);
      link.release();
      await follower.untilEqual();
      expect(new Set(follower.payloads)).toEqual(new Set([BLOCKS]));
    },
    TIMEOUT_MS,
  );

  it(
    'with a peer brings it to the head with one payload, and then every new block is sent',
    async () => {
      follower = await FollowerGeth.start('peered');
      await follower.connect();
      const lockstep = await follower.syncing('60s');
      await follower.untilEqual();
      expect(follower.payloads).toEqual([BLOCKS]);
      expect(follower.engine.log.forkchoices.length).toBeLessThanOrEqual(4);
      expect(loggedLines(lockstep, { msg: 'EL sync: the EL is at its target' })).toHaveLength(1);
      await producer.produce(5);
      await follower.untilEqual();
      expect(follower.payloads.slice(1)).toEqual([1, 2, 3, 4, 5].map((more) => BLOCKS + more));
    },
    TIMEOUT_MS,
  );
});

describe('a geth on a branch of its own that is deeper than the states it keeps', () => {
  it(
    'is led back by its peers, where the operator allows no other way',
    async () => {
      follower = await FollowerGeth.start('astray');
      await replayInto(follower.el, source.httpUrl, { head: ANCESTOR, safe: null, finalized: null });
      const place = { depth: 0, length: DEPTH, branch: 7, labels: 'keep' } as const;
      await divert(follower.el, PRODUCER, place);
      await follower.connect();
      const lockstep = await follower.lockstep(['--recovery.reset', 'none', '--recovery.synthetic=false']);
      await follower.untilEqual();
      // The sibling is beyond its window. A plan ends 32 blocks above the head of the EL: the rest is replayed.
      const end = ANCESTOR + DEPTH + 32;
      const rest = Array.from({ length: producer.head.number - end }, (_, index) => end + 1 + index);
      expect(follower.payloads).toEqual([ANCESTOR + 1, end, ...rest]);
      expect(loggedLines(lockstep, { way: 'sibling', answer: 'ACCEPTED' })).toHaveLength(1);
      expect(loggedLines(lockstep, { msg: 'EL sync: the EL is at its target' })).toHaveLength(1);
      expect(loggedLines(lockstep, { msg: 'Holding: nothing changes in the EL' })).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
