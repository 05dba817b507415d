import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../devnet/process/free-port.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { BlockRef } from '../../src/chain/block.js';
import { toHash } from '../../src/util/hex.js';
import { FollowWorld, loggedLines } from '../rig/follow-world.js';
import { TcpRelay } from '../rig/tcp-relay.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { WsServer } from '../rig/ws-server.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 120_000;
const BLOCKS_MS = 1_000;

const PUSHED = 'The source pushes its new heads';
const LOST = 'New heads are not pushed, and looked for instead';

describe('lockstep beside ethereumjs, with a geth as the source that pushes its heads', () => {
  let world: FollowWorld;
  let relay: TcpRelay;
  let lockstep: LockstepProcess;

  beforeAll(async () => {
    const port = await freePort();
    const sourceFlags = ['--ws', '--ws.addr', '127.0.0.1', '--ws.port', String(port), '--ws.api', 'eth'];
    world = await FollowWorld.start({ seed: 'newheads', source: 'geth', blockTimeMs: BLOCKS_MS, sourceFlags });
    relay = await TcpRelay.start(port);
    await world.rig.producer.produce(12);
    lockstep = await world.lockstep(autoFlags(`ws://user:secret@127.0.0.1:${relay.port}/?key=canary`));
    await logged(lockstep, PUSHED, 1);
    await world.untilEqual(FOLLOW_TIMEOUT_MS);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await relay.close();
    await world.close();
  });

  it(
    'learns of the heads from one connection, and asks the source for little more than the blocks',
    async () => {
      // The pace of the blocks is learned first: before that, the head is looked at every half a second.
      await grow(world, 4);
      const before = asked(world);
      await grow(world, 10);
      const after = asked(world);
      expect(after.blocks - before.blocks).toBeGreaterThanOrEqual(10);
      // A head that was pushed is fetched by its hash, and one that was looked for by its number.
      expect(after.byHash - before.byHash).toBeGreaterThanOrEqual(8);
      // Where a block is late, the head is looked at once for it.
      const seconds = Math.ceil((after.atMs - before.atMs) / 1_000);
      expect(after.all - before.all).toBeLessThanOrEqual(10 + seconds);
      expect(relay).toMatchObject({ accepted: 1, open: 1 });
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'follows on when the connection is cut in the middle, says so, and subscribes anew',
    async () => {
      relay.refuse();
      await grow(world, 5);
      expect(logs(lockstep, LOST).length).toBeGreaterThanOrEqual(1);
      relay.accept();
      await logged(lockstep, PUSHED, 2);
      await grow(world, 3);
      expect(relay.open).toBe(1);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'follows on when the connection falls silent, and subscribes anew',
    async () => {
      const { accepted } = relay;
      relay.still();
      await grow(world, 8);
      await waitUntil('it subscribes anew', () => Promise.resolve(relay.accepted > accepted), FOLLOW_TIMEOUT_MS);
      await logged(lockstep, PUSHED, 3);
      await grow(world, 2);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it('sent no write that it must not send, each block once, and nothing of the URL to the log', async () => {
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
    const numbers = world.engine.log.payloads.map(({ number }) => Number(number));
    expect(new Set(numbers).size).toBe(numbers.length);
    const text = JSON.stringify(lockstep.log());
    for (const secret of ['secret', 'canary']) expect(text).not.toContain(secret);
  });
});

describe('lockstep beside ethereumjs, with a WebSocket that is not to be trusted', () => {
  it(
    'follows the source, whatever is pushed: heads of another chain, forged ones, garbage, oversize, nothing',
    async () => {
      const server = await WsServer.start();
      const world = await FollowWorld.start({ seed: 'hostile', blockTimeMs: BLOCKS_MS });
      try {
        await world.rig.producer.produce(6);
        const lockstep = await world.lockstep(autoFlags(server.url));
        await world.untilEqual(FOLLOW_TIMEOUT_MS);
        const pushes: readonly ((head: BlockRef) => void)[] = [
          ({ number }) => server.push(head(number + 1, 'ab')),
          ({ number, hash }) => server.push({ ...head(number + 1, 'cd'), parentHash: hash }),
          ({ number }) => server.push(head(number + 100_000, 'ef')),
          ({ number }) => server.push(head(number - 3, '12')),
          () => server.send('{"jsonrpc":"2.0",'),
          () => server.send(`{"jsonrpc":"2.0","padding":"${'x'.repeat(2 ** 21)}"}`),
          ({ number }) => server.push(head(number + 1, '34'), '0xother'),
          () => undefined,
        ];
        for (const push of pushes) {
          await waitUntil('it is subscribed', () => Promise.resolve(isSubscribed(server)), FOLLOW_TIMEOUT_MS);
          push(world.rig.producer.head);
          await grow(world, 2);
        }
        const rules = { blocksUrl: world.rig.source.httpUrl };
        expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
        expect(loggedLines(lockstep, { state: 'holding' })).toEqual([]);
      } finally {
        await world.close();
        await server.close();
      }
    },
    2 * FOLLOW_TIMEOUT_MS,
  );
});

function autoFlags(ws: string): readonly string[] {
  return ['--l2.follow.poll-interval', 'auto', '--l2.follow.safety-interval', '1s', '--l2.follow.source.ws', ws];
}

/** Blocks one after the other, each followed before the next is made. */
async function grow(world: FollowWorld, blocks: number): Promise<void> {
  for (let made = 0; made < blocks; made += 1) {
    const [block] = await world.rig.producer.produce(1);
    const followed = async (): Promise<boolean> => (await world.rig.heads('follower')).unsafe.hash === block?.hash;
    await waitUntil(`block ${block?.number} is followed`, followed, FOLLOW_TIMEOUT_MS);
    await new Promise((resolve) => setTimeout(resolve, BLOCKS_MS));
  }
}

/** Calls to the source but for those that labels cost. */
function asked({ source: { log } }: FollowWorld): Record<'blocks' | 'byHash' | 'all' | 'atMs', number> {
  const heads = log.calls.filter(({ params: [tag] }) => tag !== 'safe' && tag !== 'finalized');
  const blocks = log.calls.filter(({ method }) => method === 'debug_getRawBlock');
  const byHash = blocks.filter(({ params: [id] }) => toHash(id) !== undefined);
  return { blocks: blocks.length, byHash: byHash.length, all: heads.length, atMs: Date.now() };
}

function head(number: number, digits: string): Record<string, string> {
  const hash = `0x${digits.repeat(32)}`;
  return { number: `0x${Math.max(0, number).toString(16)}`, hash, parentHash: hash, timestamp: '0x65000000' };
}

function isSubscribed({ peers, messages }: WsServer): boolean {
  return messages.length === peers.length && peers.at(-1)?.socket.readyState === 1;
}

function logs(lockstep: LockstepProcess, msg: string): readonly unknown[] {
  return lockstep.log().filter((line) => JSON.stringify(line).includes(msg));
}

async function logged(lockstep: LockstepProcess, msg: string, times: number): Promise<void> {
  const there = (): Promise<boolean> => Promise.resolve(logs(lockstep, msg).length >= times);
  await waitUntil(`"${msg}" is logged ${times} times`, there, FOLLOW_TIMEOUT_MS);
}
