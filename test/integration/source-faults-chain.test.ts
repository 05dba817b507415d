import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { createProducer, type Producer } from '../../devnet/producer/producer.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { PRODUCER, Scratch } from '../devnet/scratch.js';
import { Episode } from '../rig/episode.js';
import type { AnswerFault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { forgeBranch, serveBranch } from './forged-branch.js';
import { foreignPayloads } from './payload-checks.js';
import { changed } from './spoiled-blocks.js';

const BY_NUMBER = 'eth_getBlockByNumber';
const LABELS = ['safe', 'finalized'] as const;
const DEADLINE_MS = 10_000;

let world: FollowWorld;
let lockstep: LockstepProcess;
let scratch: Scratch;
/** The same chain id, another genesis. */
let other: RunningEl;
let otherProducer: Producer;

beforeAll(async () => {
  scratch = new Scratch();
  [world, other] = await Promise.all([FollowWorld.start({ seed: 'chain' }), scratch.launch('ethereumjs', 'other')]);
  otherProducer = await createProducer(other, { ...PRODUCER, txsPerBlock: 0 });
  await world.rig.producer.produce(10);
  lockstep = await world.lockstep();
  await world.untilEqual();
});

afterEach(async () => {
  world.source.heal();
  world.source.useUpstreams(world.rig.source.httpUrl);
  await world.source.up();
});

afterAll(async () => {
  await world.close();
  await scratch.remove();
});

function spoil(tag: string, fault: AnswerFault): void {
  world.source.inject({ match: { method: BY_NUMBER, tag }, fault });
}

/** New blocks arrive in the EL, and its labels stay where they are; then the source is mended and they move on. */
async function expectLabelsKept(episode: Episode): Promise<void> {
  const before = await world.rig.heads('follower');
  await world.rig.producer.produce(4);
  const { head } = world.rig.producer;
  await waitUntil('the EL follows the head', async () => (await world.localHead()) === head.number, DEADLINE_MS);
  await episode.turns(2);
  const after = await world.rig.heads('follower');
  expect([after.safe, after.finalized]).toEqual([before.safe, before.finalized]);
  world.source.heal();
  await world.untilEqual();
  expect(episode.holds).toEqual([]);
}

describe('labels that the source does not show are left as they are, and its head is followed (S17)', () => {
  it.each<[string, AnswerFault]>([
    ['null', { kind: 'null-result' }],
    ['"unknown block"', { kind: 'rpc-error', code: -39001, message: 'Unknown block' }],
    ['"finalized block not found"', { kind: 'rpc-error', code: -32000, message: 'finalized block not found' }],
    ['a block of zeros', changed('hash', `0x${'00'.repeat(32)}`)],
  ])('%s', async (_what, fault) => {
    const episode = new Episode(world, lockstep);
    for (const tag of LABELS) spoil(tag, fault);
    await expectLabelsKept(episode);
    const shown = episode.lines({ msg: 'The labels that the source does not show have changed', lvl: 'info' });
    expect(shown.map(({ missing }) => missing)).toEqual(['safe, finalized', 'none']);
  });
});

describe('labels that cannot be are dropped as a whole (S18)', () => {
  it('finalized above safe', async () => {
    const episode = new Episode(world, lockstep);
    spoil('finalized', changed('number', '0x7fff'));
    await expectLabelsKept(episode);
    const msg = 'Safe and finalized cannot be read from the source';
    expect(episode.lines({ msg, lvl: 'warn', code: 'SOURCE_SCHEMA' })).toHaveLength(1);
    await episode.until({ msg: 'Safe and finalized are read again' });
  });

  it('safe and finalized above the head', async () => {
    const episode = new Episode(world, lockstep);
    for (const tag of LABELS) spoil(tag, changed('number', '0xffff'));
    await expectLabelsKept(episode);
  });

  it('other blocks than the EL has at their heights', async () => {
    const episode = new Episode(world, lockstep);
    for (const tag of LABELS) spoil(tag, changed('hash', `0x${'22'.repeat(32)}`));
    await expectLabelsKept(episode);
  });
});

describe('a source that shows a false branch from below a final block (A2, S15)', () => {
  it('is found out by headers alone: no block of it is fetched or sent, and it is followed when it is gone', async () => {
    const { head, labels } = world.rig.producer;
    const forged = await forgeBranch(world.rig.source.httpUrl, labels.finalized!.number, head.number);
    const episode = new Episode(world, lockstep);
    serveBranch(world.source, forged);
    const line = await episode.untilHolding('finalized-divergence');
    expect(line).toMatchObject({ lvl: 'crit', finalized: labels.finalized!.number });
    await episode.turns(4);
    expect(episode.sourceCalls.filter(({ method }) => method === 'debug_getRawBlock')).toEqual([]);
    expect(episode.writes).toEqual([]);
    world.source.heal();
    await world.rig.producer.produce(1);
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over', was: 'finalized-divergence' });
  });
});

describe('another chain behind the URL of the source (S21)', () => {
  async function expectStop(code: string, episode: Episode): Promise<void> {
    expect(await lockstep.exited).toEqual({ code: 76, signal: null });
    expect(lockstep.log().at(-1)).toMatchObject({ lvl: 'crit', code, exit: 76 });
    expect(episode.lines({ lvl: 'crit' })).toHaveLength(1);
    expect(episode.holds).toHaveLength(1);
    expect(episode.writes).toEqual([]);
  }

  async function restart(): Promise<void> {
    world.source.heal();
    world.source.useUpstreams(world.rig.source.httpUrl);
    await world.source.up();
    await world.rig.producer.produce(2);
    lockstep = await world.lockstep();
    await world.untilEqual();
  }

  it('is refused at the start (76)', async () => {
    await lockstep.stop();
    const before = world.engine.log.writes.length;
    world.source.useUpstreams(other.httpUrl);
    const refused = await world.lockstep();
    expect(await refused.exited).toEqual({ code: 76, signal: null });
    expect(refused.log().at(-1)).toMatchObject({ lvl: 'crit', code: 'IDENTITY_GENESIS', exit: 76 });
    expect(world.engine.log.writes).toHaveLength(before);
    await restart();
  });

  it('that becomes one below our head: ends with 76 and without a write', async () => {
    await otherProducer.produce(5);
    const episode = new Episode(world, lockstep);
    world.source.useUpstreams(other.httpUrl);
    await expectStop('IDENTITY_GENESIS', episode);
  });

  it('that becomes one above our head: ends with 76 and without a write', async () => {
    await restart();
    await otherProducer.produce(world.rig.producer.head.number + 5);
    const episode = new Episode(world, lockstep);
    world.source.useUpstreams(other.httpUrl);
    await expectStop('IDENTITY_GENESIS', episode);
  });

  it('that comes back with another chain id: ends with 76 and without a write', async () => {
    await restart();
    const episode = new Episode(world, lockstep);
    await world.source.down();
    await episode.untilHolding('source-unavailable');
    world.source.inject({ match: { method: 'eth_chainId' }, fault: changed('', '0x2105') });
    await world.rig.producer.produce(1);
    await world.source.up();
    await expectStop('IDENTITY_CHAIN_ID', episode);
  });

  it('that shows it in one answer only: goes on', async () => {
    await restart();
    const episode = new Episode(world, lockstep);
    await world.source.down();
    await episode.untilHolding('source-unavailable');
    world.source.inject({ match: { method: 'eth_chainId', times: 1 }, fault: changed('', '0x2105') });
    await world.rig.producer.produce(1);
    await world.source.up();
    await world.untilEqual();
    expect(episode.lines({ msg: 'Another chain answers than at boot', lvl: 'error' })).toHaveLength(1);
  });
});

describe('what passed the engine port', () => {
  it('was blocks of the source alone, and ordered single writes', async () => {
    expect(await foreignPayloads(world)).toEqual([]);
    const rules = { blocksUrl: world.rig.follower.httpUrl };
    expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
  });
});
