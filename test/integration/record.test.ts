import { appendFileSync, copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseLogLine } from '../../src/util/log-fields.js';
import { Command } from '../rig/command.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';

let world: FollowWorld;
let record: string;
let explained = 0;

/** What happens in the record: a catch-up, a branch that is left, a kill, a source that goes away. */
beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'record', txsPerBlock: 1 });
  const { producer } = world.rig;
  record = join(world.rig.dir, 'run.record');
  const flags = ['--record', record, '--l2.follow.source.rpc-timeout', '2s'];
  await producer.produce(6);
  const first = await world.lockstep(flags);
  await world.untilEqual();
  await producer.fork(producer.head.number - 2, 4);
  await world.untilEqual();
  await producer.produce(1);
  await world.untilEqual();
  const episode = new Episode(world, first);
  await episode.turns(3);
  await first.kill();
  await producer.produce(2);
  const second = await world.lockstep(flags);
  await world.untilEqual();
  const outage = new Episode(world, second);
  await world.source.down();
  await outage.untilHolding('source-unavailable');
  await world.source.up();
  await producer.produce(1);
  await world.untilEqual();
  expect(await second.stop()).toEqual({ code: 0, signal: null });
});

afterAll(() => world.close());

async function explain(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  explained += 1;
  const command = await Command.start(['explain', ...args], { cwd: world.rig.dir, name: `explain-${explained}` });
  const code = await command.ended();
  return { code, output: command.output };
}

describe('lockstep explain', () => {
  it('tells the story of a divergence, its recovery, a kill and an outage, in this order', async () => {
    const { code, output } = await explain(record);
    const sentences = [
      /lockstep [\d.]+ \(Node\.js v[\d.]+\) beside ethereumjs, chain \d+\n/,
      /with --l2\.follow\.source http:\/\/127\.0\.0\.1:\d+ /,
      /(syncing|following) +the EL is at 0, and 6 is the next goal, so replay blocks 1 to 6; 6 blocks replayed, the EL is at 6/,
      /source and EL showed different blocks at \d, so read block \d of both sides; they differ: at \d the source has 0x/,
      /recovering +source and EL have different blocks, seen twice: .*, so look for the common ancestor, down from \d; it is block 4 0x[0-9a-f]{8}; 2 blocks of the EL give way to \d blocks? up to \d; ways: /,
      /recovering +the EL stands at 6 0x[0-9a-f]{8}, on the branch that is left at 4, so bring the EL to block 4 by [\w-]+; done, as the EL shows/,
      /recovering +the EL is at [45], and 8 is the next goal, so replay blocks? [56]/,
      /following/,
      /lockstep [\d.]+ \(Node\.js/,
      /the EL has had no forkchoice in this session, so send the first forkchoice \(head \d+, safe \d+, finalized \d+\); it stands/,
      /holding: source-unavailable +the source cannot be read \(SOURCE_UNREACHABLE/,
      /source and EL have to prove which chain they are, so ask both for chain id and genesis; both are the chain of before/,
      /-- it was stopped\n/,
      /\d+ turns\. lockstep [\d.]+ decides the same in all of them\.\n$/,
    ];
    expect(code).toBe(0);
    let from = 0;
    for (const wanted of sentences) {
      const found = wanted.exec(output.slice(from));
      expect(found === null ? `${wanted} after\n${output.slice(from)}` : '').toBe('');
      from += (found?.index ?? 0) + (found?.[0].length ?? 0);
    }
  });

  it('keeps turns that are alike on one line', async () => {
    const [text, json] = [await explain(record), await explain(record, '--json')];
    const { turns } = lastLine(json.output);
    expect(turns).toBeGreaterThan(text.output.split('\n').length - 20);
    expect(text.output).toMatch(/\(\d+ turns, until \d\d:\d\d:\d\d\.\d{3}\)/);
  });

  it('tells a program every turn, and where the decision of this version differs', async () => {
    const { output } = await explain('--json', record);
    const lines = output.trim().split('\n').map(parseLogLine);
    const turns = lines.filter(({ kind }) => kind === 'turn');
    expect(lines.filter(({ kind }) => kind === 'run')).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({ turns: turns.length, differences: 0 });
    expect(turns[0]).toMatchObject({ state: expect.any(String), situation: expect.any(String), differs: null });
    expect(new Set(turns.map(({ action }) => action))).toEqual(
      new Set(['wait', 'extend', 'compare', 'plan', 'climb', 'forkchoice', 'identify']),
    );
  });

  it('shows where another version decided otherwise', async () => {
    const other = join(world.rig.dir, 'other.record');
    const text = readFileSync(record, 'utf8');
    const changed = text
      .replace(/"version":"[^"]+"/g, '"version":"0.0.9"')
      .replace(/"action":\{"do":"wait","ms":1000\}/, '"action":{"do":"wait","ms":9}');
    expect(changed).not.toBe(text);
    appendFileSync(other, changed);
    const { output } = await explain(other);
    expect(output).toContain('recorded by 0.0.9, explained by');
    expect(output).toMatch(/≠ line \d+: this version would wait; recorded was: do wait, ms 9/);
    expect(output).toMatch(/differs in 1 of them\.\n$/);
  });

  it('only says that the last line is cut', async () => {
    const cut = join(world.rig.dir, 'cut.record');
    copyFileSync(record, cut);
    appendFileSync(cut, readFileSync(record, 'utf8').split('\n')[1]!.slice(0, 200));
    const { code, output } = await explain(cut);
    expect(code).toBe(0);
    expect(output).toMatch(/-- line \d+ is cut: it was killed then, or the disk was full\n/);
  });
});

describe('the record', () => {
  it('is a file that only its owner reads', () => {
    expect(statSync(record).mode & 0o777).toBe(0o600);
  });
});

function lastLine(output: string): { readonly turns: number } {
  return parseLogLine(output.trim().split('\n').at(-1) ?? '') as unknown as { readonly turns: number };
}
