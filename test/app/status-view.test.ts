import { describe, expect, it } from '@jest/globals';
import { paint } from '../../src/app/commands/spans.js';
import type { ToldEvent } from '../../src/app/commands/status-answer.js';
import { type Look, statusLine, statusLines } from '../../src/app/commands/status-view.js';
import type { BlockRef } from '../../src/chain/block.js';
import type { ToldStatus } from '../../src/status/sentence.js';
import { HOLD_MEANINGS } from '../../src/status/states.js';
import { LockstepError } from '../../src/util/errors.js';

/** 2023-11-14 22:13:20 UTC, in seconds. */
const GENESIS_TIME = 1_700_000_000;

/** Its hash begins with the letter of the branch and the height. */
function ref(number: number, branch = 'a'): BlockRef {
  const hash = `0x${`${branch}${number.toString(16)}`.padEnd(64, '0')}` as const;
  return { number, hash, parentHash: `0x${'00'.repeat(32)}`, timestamp: GENESIS_TIME + 2 * number };
}

const SIDE = { unsafe: ref(33), safe: ref(28), finalized: ref(20) };

const STATUS: ToldStatus = {
  ...{ version: '1.2.3', state: 'following', ready: true, reason: null, meaning: 'a meaning', ends: null, error: null },
  ...{ stateSeconds: 125, elSession: 1, source: SIDE, local: SIDE, lagBlocks: 0, blocksPerSecond: 0.5 },
  ...{ etaSeconds: null, elSync: null, l1Origin: null, sourceCurrentL1: null, lastEvent: 1 },
  ...{ dryRun: false, would: null },
};

const EVENTS = [
  { seq: 1, timeMs: GENESIS_TIME * 1_000, event: 'state', facts: { from: 'starting', to: 'following' } },
  { seq: 2, timeMs: GENESIS_TIME * 1_000 + 1_000, event: 'reorg', facts: { from: 33, was: '0xb2100000', to: 32 } },
];

function look(change: Partial<ToldStatus>, events: readonly ToldEvent[] = []): Look {
  const seen = { status: { ...STATUS, ...change }, events };
  return { name: 'http://127.0.0.1:9545', atMs: (GENESIS_TIME + 69) * 1_000, seen };
}

function shown(seen: Look, columns = 79): string {
  return paint(statusLines(seen, columns), { columns, colored: false }).join('\n');
}

describe('the view of a status', () => {
  it('shows what a lockstep would do that only watches its EL', () => {
    const would = { kind: 'replay', first: 29, last: 33 };
    const line = 'dry run    nothing is written to the EL; it would: replay, first 29, last 33';
    expect(shown(look({ dryRun: true, would }))).toContain(line);
    expect(shown(look({ dryRun: true }))).toContain('it would: not known yet');
    expect(shown(look({}))).not.toContain('dry run');
  });

  it('shows a follower in step with the source', () => {
    expect(shown(look({}, EVENTS))).toBe(
      `
Following: in step with the source at block 33.

           source                   local
unsafe     33 0xa2100000         ✔  33 0xa2100000
safe       28 0xa1c00000         ✔  28 0xa1c00000
finalized  20 0xa1400000         ✔  20 0xa1400000

state      following for 2 min 5 s
ready      yes
lag        0 blocks
head age   3 s
rate       0.5 blocks/s

last events, newest first
11-14 22:13:21  reorg        from=33 was=0xb2100000 to=32
11-14 22:13:20  state        from=starting to=following

lockstep 1.2.3 at http://127.0.0.1:9545, 2023-11-14 22:14:29 UTC`.trimStart(),
    );
  });

  it('shows how far a catch-up is, and how long it takes', () => {
    const far = look({
      ...{ state: 'syncing', ready: false, meaning: 'blocks are replayed', elSession: 2 },
      source: { unsafe: ref(1_033), safe: ref(1_028), finalized: ref(1_020) },
      local: { unsafe: ref(13), safe: ref(8), finalized: null },
      ...{ lagBlocks: 1_020, blocksPerSecond: 12.5, etaSeconds: 82 },
      l1Origin: { number: 456, hash: ref(456).hash, timestamp: GENESIS_TIME, sequenceNumber: 3 },
      sourceCurrentL1: ref(480),
    });
    expect(shown(far)).toBe(
      `
Syncing: 1020 blocks behind the source, 1 min 22 s to go.

           source                   local
unsafe     1033 0xa4090000       …  13 0xad000000         1020 behind
safe       1028 0xa4040000       …  8 0xa8000000          1020 behind
finalized  1020 0xa3fc0000       …  -

state      syncing for 2 min 5 s, session 2 of the EL
ready      no
lag        1020 blocks, 34 min of block time
head age   43 s
rate       12.5 blocks/s
to go      1 min 22 s
L1         origin of the local head 456, the source has derived up to 480
meaning    blocks are replayed

no events yet

lockstep 1.2.3 at http://127.0.0.1:9545, 2023-11-14 22:14:29 UTC`.trimStart(),
    );
  });

  it('shows why it holds, what ends that, and what to do', () => {
    const error = { code: 'SOURCE_TIMEOUT', err: 'nothing from http://source.example', fix: 'Check the source.' };
    const held = look({
      ...{ state: 'holding', ready: false, reason: 'source-unavailable', stateSeconds: 7, error },
      ...{ ...HOLD_MEANINGS['source-unavailable'], source: null, lagBlocks: null, blocksPerSecond: 0 },
    });
    expect(shown(held)).toBe(
      `
Holding for 7 s (source-unavailable): nothing changes in the EL.

           source                   local
unsafe     -                     …  33 0xa2100000
safe       -                     …  28 0xa1c00000
finalized  -                     …  20 0xa1400000

state      holding for 7 s
ready      no
lag        unknown
head age   3 s
rate       0 blocks/s
meaning    the source cannot be reached, throttles us, or answers nonsense
ends       when it answers again: chain id and genesis are compared anew before
           its blocks are used
error      SOURCE_TIMEOUT: nothing from http://source.example
fix        Check the source.

no events yet

lockstep 1.2.3 at http://127.0.0.1:9545, 2023-11-14 22:14:29 UTC`.trimStart(),
    );
  });

  it('marks a height at which the sides have different blocks, and a side that is ahead', () => {
    const local = { unsafe: ref(33, 'b'), safe: ref(30), finalized: ref(20) };
    expect(shown(look({ state: 'recovering', ready: false, local }))).toContain(
      `
unsafe     33 0xa2100000         ≠  33 0xb2100000         another block
safe       28 0xa1c00000         …  30 0xa1e00000         2 ahead
finalized  20 0xa1400000         ✔  20 0xa1400000
`,
    );
  });

  it('says where the criteria are told when it follows and is not ready', () => {
    expect(shown(look({ ready: false }))).toContain(
      'ready      no: /readyz of the same port names the criterion that fails',
    );
  });

  it('shows three lines of an event at most', () => {
    const facts = {
      from: 'following',
      to: 'holding',
      err: 'nothing at all',
      ends: 'when the source answers again '.repeat(9),
    };
    expect(shown(look({}, [{ seq: 1, timeMs: GENESIS_TIME * 1_000, event: 'state', facts }]))).toContain(
      `
11-14 22:13:20  state        from=following to=holding err="nothing at all"
                             ends="when the source answers again when the
                             source answers again when the source answers …

`,
    );
  });

  it('shows how far an EL sync is', () => {
    const elSync = { at: 40, of: 5_009, by: 'eth_syncing' } as const;
    expect(shown(look({ state: 'syncing', elSync }))).toContain('EL sync    at 40 of 5009 (eth_syncing)');
  });

  it('has nothing but the error and its fix when there is no answer', () => {
    const error = new LockstepError('STATUS_TIMEOUT', { detail: 'http://127.0.0.1:9545' });
    expect(shown({ ...look({}), seen: error })).toBe(
      `
No status: the RPC of lockstep did not answer in full before the deadline:
http://127.0.0.1:9545.
fix        Check the network, and the load of the machine that lockstep runs
           on.

http://127.0.0.1:9545, 2023-11-14 22:14:29 UTC`.trimStart(),
    );
  });

  it('colours the sentence by how things are, and the marks', () => {
    const painted = (change: Partial<ToldStatus>): string =>
      paint(statusLines(look(change), 79), { columns: 79, colored: true }).join('\n');
    expect(painted({})).toMatch(/^\u001b\[32mFollowing/);
    expect(painted({})).toContain('\u001b[32m✔\u001b[39m  33');
    expect(painted({ ready: false })).toMatch(/^\u001b\[33mFollowing/);
    expect(painted({ state: 'holding', ready: false })).toMatch(/^\u001b\[31mHolding/);
  });
});

describe('the line of a status', () => {
  const line = (seen: Look): string => paint([statusLine(seen)], { columns: Infinity, colored: false }).join('');

  it('has the sentence, the three labels of both sides, and the rate', () => {
    const local = { unsafe: ref(33, 'b'), safe: ref(26), finalized: null };
    expect(line(look({ local }))).toBe(
      '2023-11-14 22:14:29 Following: at block 33 as the source, which shows another one there. ' +
        'unsafe 33 ≠ 33, safe 28 … 26, finalized 20 … -, 0.5 blocks/s',
    );
  });

  it('has the error when there is no answer', () => {
    expect(line({ ...look({}), seen: new LockstepError('STATUS_TIMEOUT') })).toBe(
      '2023-11-14 22:14:29 No status: the RPC of lockstep did not answer in full before the deadline.',
    );
  });
});

describe('text of another machine', () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202e\u200b中🙂\u0000 end';
  const facts = { [evil]: evil };
  const hostile = look(
    {
      ...{ state: evil, version: evil, reason: evil, meaning: evil, ends: evil, ready: false },
      error: { code: evil, err: evil, fix: evil },
    },
    [{ seq: 1, timeMs: 0, event: evil, facts }],
  );

  it.each([
    ['page', (): string => shown(hostile)],
    ['line', (): string => paint([statusLine(hostile)], { columns: 300, colored: false }).join('')],
  ])('steers no terminal, and takes one column for each character: %s', (_what, text) => {
    expect(text()).toMatch(/^[\x20-\x7e✔≠…\n]*$/);
    expect(text()).toContain('\\u001b[2J\\u000d\\u000a\\u009b31m\\u202e\\u200b\\u4e2d');
  });

  it.each([20, 40, 80, 120])('stays within %d columns, however long it is', (columns) => {
    const long = `${'word '.repeat(5_000)}${'x'.repeat(5_000)}`;
    const flood = look({ state: long, reason: long, meaning: long, ends: long, error: { err: long } }, [
      { seq: 1, timeMs: 8.64e15, event: long, facts: { long } },
    ]);
    const lines = shown(flood, columns).split('\n');
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(500);
  });
});
