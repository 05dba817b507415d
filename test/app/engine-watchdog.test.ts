import { describe, expect, it } from '@jest/globals';
import { EngineWatchdog } from '../../src/app/engine-watchdog.js';
import type { BlockRef } from '../../src/chain/block.js';
import { NOT_SYNCING, type EngineAnswer } from '../../src/engine/engine.js';
import type { Outcome } from '../../src/follow/action.js';
import { INITIAL_STATE, type EngineView, type FollowHooks, type Seen } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { ZERO_HASH } from '../../src/util/hex.js';

const MINUTE_MS = 60_000;
const HEAD: BlockRef = { number: 1, hash: ZERO_HASH, parentHash: ZERO_HASH, timestamp: 1 };

const HOOKS: FollowHooks = {
  onTurn: () => undefined,
  onOutcome: () => undefined,
  onPlanning: () => undefined,
  onBlock: () => undefined,
  onLabels: () => undefined,
  onHeadNews: () => undefined,
  onStatus: () => undefined,
};

const VIEW: EngineView = {
  heads: { unsafe: HEAD, safe: null, finalized: null },
  syncing: NOT_SYNCING,
  at: new Map(),
  hungUp: false,
  foreignMove: false,
};
const SEEN: Seen<EngineView> = { kind: 'seen', value: VIEW };
const failed = (
  code: 'ENGINE_TIMEOUT' | 'ENGINE_UNREACHABLE' | 'ENGINE_AUTH',
  phase = 'exchange',
): Seen<EngineView> => ({
  kind: 'failed',
  error: new LockstepError(code, { data: { phase } }),
});
const HANGS = failed('ENGINE_TIMEOUT');

const forkchoice = (answer: EngineAnswer): Outcome => ({ of: 'forkchoice', effect: 'unread', answer });
const UNKNOWN: EngineAnswer = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') };

/** A watchdog of 30 minutes under a clock that only the test moves. */
class Kennel {
  nowMs = 0;
  silentMs = 0;
  sessionId = 1;
  readonly dog: EngineWatchdog;
  readonly hooks: FollowHooks;

  constructor(limitMs: number | null = 30 * MINUTE_MS) {
    this.dog = new EngineWatchdog({ limitMs, now: () => this.nowMs, onSilence: (ms) => (this.silentMs = ms) });
    this.hooks = this.dog.watch(HOOKS);
  }

  turn(engine: Seen<EngineView>, afterMs = MINUTE_MS): this {
    this.nowMs += afterMs;
    const before = { ...INITIAL_STATE, session: { ...INITIAL_STATE.session, id: this.sessionId } };
    this.hooks.onTurn({
      before,
      state: before,
      observation: { engine, source: { kind: 'pending' }, outcome: null },
      action: { do: 'wait', ms: 1 },
    });
    return this;
  }

  newSession(): this {
    const session = { ...INITIAL_STATE.session, id: this.sessionId };
    this.sessionId += 1;
    this.hooks.onTurn({
      before: { ...INITIAL_STATE, session },
      state: { ...INITIAL_STATE, session: { ...session, id: this.sessionId } },
      observation: { engine: SEEN, source: { kind: 'pending' }, outcome: null },
      action: { do: 'wait', ms: 1 },
    });
    return this;
  }

  times(count: number, step: () => unknown): this {
    for (let index = 0; index < count; index += 1) step();
    return this;
  }

  write(outcome: Outcome): this {
    this.hooks.onOutcome(outcome);
    return this;
  }

  get verdict(): string {
    expect(this.dog.signal.aborted).toBe(this.dog.error !== null);
    return this.dog.error?.code ?? 'none';
  }
}

describe('the engine watchdog', () => {
  it('bites when every read has timed out for its limit, and not a minute earlier', () => {
    const kennel = new Kennel();
    kennel.times(30, () => kennel.turn(HANGS));
    expect(kennel.verdict).toBe('none');
    expect(kennel.silentMs).toBe(29 * MINUTE_MS);
    expect(kennel.turn(HANGS).verdict).toBe('ENGINE_HUNG');
    expect(kennel.dog.error).toMatchObject({ exitCode: 75, severity: 'halt', detail: '31 calls in 1800 s' });
  });

  it.each<[string, Seen<EngineView>]>([
    ['an answer', SEEN],
    ['a refused connection', failed('ENGINE_UNREACHABLE', 'connect')],
    ['a connection that cannot be made in time', failed('ENGINE_TIMEOUT', 'connect')],
    ['a refused token', failed('ENGINE_AUTH')],
  ])('begins anew after %s', (_case, engine) => {
    const kennel = new Kennel();
    kennel.times(30, () => kennel.turn(HANGS)).turn(engine);
    expect(kennel.silentMs).toBe(0);
    kennel.times(30, () => kennel.turn(HANGS));
    expect(kennel.verdict).toBe('none');
  });

  it('does not bite an EL that is away for hours', () => {
    const kennel = new Kennel();
    kennel.times(300, () => kennel.turn(failed('ENGINE_UNREACHABLE', 'connect')));
    expect(kennel.verdict).toBe('none');
  });

  it('bites when reads are answered and no call that changes the EL is (optimism#21076)', () => {
    const kennel = new Kennel();
    kennel.times(31, () => kennel.write(forkchoice(UNKNOWN)).turn(SEEN));
    expect(kennel.verdict).toBe('ENGINE_HUNG');
    expect(kennel.dog.error?.detail).toMatch(/calls that change it/);
  });

  it('bites for reads that time out after one write that did, which is how a hang begins', () => {
    const kennel = new Kennel().write(forkchoice(UNKNOWN));
    kennel.times(31, () => kennel.turn(HANGS));
    expect(kennel.verdict).toBe('ENGINE_HUNG');
    expect(kennel.dog.error?.detail).toBe('31 calls in 1800 s');
  });

  it('does not bite an EL that went away for hours after it hung for a while', () => {
    const kennel = new Kennel();
    kennel.times(5, () => kennel.write(forkchoice(UNKNOWN)).turn(HANGS));
    kennel.times(300, () => kennel.turn(failed('ENGINE_UNREACHABLE', 'connect')));
    expect(kennel.verdict).toBe('none');
    expect(kennel.silentMs).toBe(0);
  });

  it.each<[string, (kennel: Kennel) => unknown]>([
    ['any status', (kennel) => kennel.write(forkchoice({ status: 'SYNCING' }))],
    ['an error object', (kennel) => kennel.write(forkchoice({ status: 'REJECTED', code: -38006, reason: '' }))],
    [
      'a rung that was climbed',
      (kennel) =>
        kennel.write({ of: 'climb', rung: 'sibling', stop: { why: 'climbed' }, moved: true, spoiledAbove: null }),
    ],
    [
      'an answer on the way',
      (kennel) =>
        kennel.write({
          of: 'extend',
          head: HEAD,
          blocks: 0,
          stop: { why: 'payload-answer', block: HEAD, answer: { status: 'ACCEPTED' } },
        }),
    ],
    ['a restart of the EL', (kennel) => kennel.newSession()],
  ])('begins anew for changes after %s', (_case, answer) => {
    const kennel = new Kennel();
    const unanswered = () => kennel.write(forkchoice(UNKNOWN)).turn(SEEN);
    kennel.times(25, unanswered);
    answer(kennel);
    kennel.times(25, unanswered);
    expect(kennel.verdict).toBe('none');
  });

  it('does not take waiting and looking for silence', () => {
    const kennel = new Kennel();
    kennel.times(60, () => kennel.write({ of: 'wait' }).turn(SEEN));
    expect(kennel.verdict).toBe('none');
  });

  it('does not bite for two calls that were open while the whole machine slept', () => {
    const kennel = new Kennel();
    kennel
      .turn(HANGS)
      .turn(HANGS, 600 * MINUTE_MS)
      .turn(SEEN);
    expect(kennel.verdict).toBe('none');
  });

  it('never bites where it is switched off, and still tells how long it has been silent', () => {
    const kennel = new Kennel(null);
    kennel.times(100, () => kennel.turn(HANGS));
    expect(kennel.verdict).toBe('none');
    expect(kennel.silentMs).toBe(99 * MINUTE_MS);
  });
});
