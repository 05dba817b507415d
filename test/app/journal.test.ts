import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openJournal } from '../../src/app/journal.js';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { INITIAL_STATE, type FollowHooks, type Turn } from '../../src/follow/state.js';
import { decodeJournal, encodeJournal } from '../../src/recovery/journal.js';
import type { Hash } from '../../src/util/hex.js';
import { createLogger } from '../../src/util/log.js';

const hash = (mark: number): Hash => `0x${mark.toString(16).padStart(64, '0')}`;
const ref = (number: number, mark = number): BlockRef => ({
  number,
  hash: hash(mark),
  parentHash: hash(mark - 1),
  timestamp: number,
});

const EXPECTED = { chainId: 901, genesis: ref(0, 500) };
const OF_EARLIER = { safe: ref(8), finalized: ref(6) };

let folder: string;
let path: string;
let lines: Record<string, unknown>[];
let troubles: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-journal-'));
  path = join(folder, 'el.json');
  lines = [];
  troubles = 0;
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (place: string | null = path) => {
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLogger({ level: 'info', format: 'json', color: false, pid: false }, sink);
  return openJournal(place, EXPECTED, { log, onTrouble: () => void (troubles += 1) });
};

function put(chainId: number, genesis: Hash): void {
  writeFileSync(path, encodeJournal({ chainId, genesis, labels: OF_EARLIER }));
}

const written = () => decodeJournal(readFileSync(path, 'utf8')).labels;

/** A turn after which these labels are remembered of the EL. */
function turn(remembered: Labels): Turn {
  const state = { ...INITIAL_STATE, remembered };
  return {
    before: state,
    state,
    observation: { engine: { kind: 'pending' }, source: { kind: 'pending' }, outcome: null },
    action: { do: 'wait', ms: 1 },
  };
}

const HOOKS: FollowHooks = {
  onTurn: () => undefined,
  onOutcome: () => undefined,
  onBlock: () => undefined,
  onPlanning: () => undefined,
  onLabels: () => undefined,
  onHeadNews: () => undefined,
  onStatus: () => undefined,
};

async function afterTurns(...turns: readonly Turn[]): Promise<void> {
  const journal = await open();
  const hooks = journal.watch(HOOKS);
  for (const each of turns) hooks.onTurn(each);
  await journal.close();
}

describe('the journal of a run', () => {
  it('hands on what an earlier run left for the same chain, and says so', async () => {
    put(901, EXPECTED.genesis.hash);
    expect((await open()).recalled).toEqual(OF_EARLIER);
    expect(lines).toMatchObject([{ lvl: 'info', safe: 8, finalized: 6 }]);
  });

  it.each([
    ['another chain id', () => put(902, EXPECTED.genesis.hash), 'it is of another chain (id 902)'],
    ['another genesis', () => put(901, hash(501)), 'it is of another chain (id 901)'],
    ['garbage', () => writeFileSync(path, 'garbage'), 'it is not JSON'],
    ['a later version', () => writeFileSync(path, '{"version":2}'), 'its version is 2, and this lockstep reads 1'],
  ])('ignores one of %s with one warning, and writes a new one', async (_case, prepare, detail) => {
    prepare();
    await afterTurns(turn({ safe: ref(9), finalized: ref(7) }));
    expect(lines).toMatchObject([
      { lvl: 'warn', code: 'JOURNAL_UNREADABLE', err: expect.stringContaining(detail) as unknown },
    ]);
    expect(written()).toEqual({ safe: ref(9), finalized: ref(7) });
    expect(troubles).toBe(1);
  });

  it('is silent at the first start, and without a file', async () => {
    expect((await open()).recalled).toBeNull();
    const without = await open(null);
    expect(without.recalled).toBeNull();
    expect(without.watch(HOOKS)).toBe(HOOKS);
    await without.close();
    expect([lines, troubles]).toEqual([[], 0]);
  });

  it('keeps what is remembered after the last turn', async () => {
    put(901, EXPECTED.genesis.hash);
    await afterTurns(turn({ safe: ref(9), finalized: ref(7) }), turn({ safe: ref(10), finalized: ref(8) }));
    expect(written()).toEqual({ safe: ref(10), finalized: ref(8) });
  });

  it('warns once where it cannot be written, and lockstep runs on', async () => {
    path = join('/proc', 'no-such-folder', 'el.json');
    await afterTurns(turn(OF_EARLIER), turn({ safe: ref(9), finalized: ref(7) }));
    expect(lines).toMatchObject([{ lvl: 'warn', reason: 'ENOENT' }]);
    expect(troubles).toBe(1);
  });
});
