import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { decodeJournal } from '../../src/recovery/journal.js';
import { FollowWorld, loggedLines, untilLogged } from '../rig/follow-world.js';

const CLEAN = { code: 0, signal: null };

let world: FollowWorld;
/** Where lockstep keeps the journal of this EL: the state folder of a process of the devnet is the one of its world. */
let path: string;

const start = (flags: readonly string[] = []) => world.lockstep(flags, world.rig.source.httpUrl);
const written = () => decodeJournal(readFileSync(path, 'utf8'));

async function untilWritten(): Promise<void> {
  const { labels } = world.rig.producer;
  await waitUntil(
    'the journal has the labels of the source',
    () => {
      try {
        return Promise.resolve(written().labels.finalized?.hash === labels.finalized?.hash);
      } catch {
        return Promise.resolve(false);
      }
    },
    20_000,
  );
}

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'journal', txsPerBlock: 1 });
  await world.rig.producer.produce(20);
  path = join(world.rig.dir, 'lockstep', `${new URL(world.engine.url).host.replace(':', '_')}.json`);
});

afterAll(() => world.close());

describe('the journal of a running lockstep (H6, O6)', () => {
  it('is found by the next one, after a stop and after a kill', async () => {
    const first = await start();
    await world.untilEqual();
    await untilWritten();
    expect(await first.stop()).toEqual(CLEAN);
    const { labels } = world.rig.producer;
    expect(written().labels).toEqual({ safe: labels.safe, finalized: labels.finalized });
    expect(statSync(path).mode & 0o777).toBe(0o600);

    const second = await start();
    await untilLogged(second, { msg: 'An earlier run left its labels in the journal' });
    expect(loggedLines(second, { finalized: labels.finalized?.number ?? -1, lvl: 'info' })).toHaveLength(1);
    await world.rig.producer.produce(3);
    await world.untilEqual();
    await untilWritten();
    await second.kill();

    const third = await start();
    await untilLogged(third, { finalized: world.rig.producer.labels.finalized?.number ?? -1 });
    expect(await third.stop()).toEqual(CLEAN);
  });

  it.each([
    ['garbage', 'garbage{{', /it is not JSON/],
    ['a later version', '{"version":99,"labels":[]}\n', /its version is 99/],
  ])('with %s in it is ignored with one warning, and replaced', async (_case, text, reason) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    const lockstep = await start();
    await untilLogged(lockstep, { code: 'JOURNAL_UNREADABLE' });
    await world.rig.producer.produce(1);
    await world.untilEqual();
    await untilWritten();
    expect(await lockstep.stop()).toEqual(CLEAN);
    const warnings = loggedLines(lockstep, { code: 'JOURNAL_UNREADABLE' });
    expect(warnings).toMatchObject([{ lvl: 'warn', err: expect.stringMatching(reason) as unknown }]);
  });

  it('that cannot be written costs one warning, and the EL is followed all the same', async () => {
    const lockstep = await start(['--journal', '/proc/no-such-folder/el.json']);
    await world.rig.producer.produce(3);
    await world.untilEqual();
    await untilLogged(lockstep, { reason: 'ENOENT' });
    await world.rig.producer.produce(3);
    await world.untilEqual();
    expect(await lockstep.stop()).toEqual(CLEAN);
    expect(loggedLines(lockstep, { reason: 'ENOENT' })).toHaveLength(1);
  });
});
