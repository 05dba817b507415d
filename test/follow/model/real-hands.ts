import type { BlockRef, Heads, Labels } from '../../../src/chain/block.js';
import type { FetchedBlock, RequestEvidence } from '../../../src/chain/fetched-block.js';
import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type {
  AppliedForkchoice,
  Engine,
  EngineAnswer,
  EngineIdentity,
  EngineProfile,
  EngineSyncing,
} from '../../../src/engine/engine.js';
import { act } from '../../../src/follow/act.js';
import { FetchWindow } from '../../../src/follow/fetch-window.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import { PlannedPayloads } from '../../../src/follow/planned-payloads.js';
import type { Payload } from '../../../src/payload/payload.js';
import type { BlockId, Lookup, Source } from '../../../src/source/source.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { Hands } from './carry-out.js';
import { viewOf } from './engine/view.js';
import { BLOCKS_PER_FORKCHOICE } from './extend-model.js';
import { labelRefs } from './source-model.js';
import { sourceRefAt } from './world.js';

const CHAIN_ID = 10;

/** Carries out an action as the program does, against the source and the EL of a small world. */
export function actForReal(action: Exclude<Action, { do: 'halt' }>, hands: Hands): Promise<Outcome> {
  const { tree } = hands.scenario;
  return act(
    action,
    {
      source: new WorldSource(hands),
      consensus: null,
      engine: new WorldEngine(hands),
      expected: { chainId: CHAIN_ID, genesis: tree.ref(0) },
      sourceLabels: () => labelRefs(tree, hands.sourceLabels),
      isRefused: (hash) => hands.isRefused({ hash }),
      isOrdered: () => false,
      onBlock: () => undefined,
      onPlanning: () => undefined,
      onApplied: () => undefined,
      // Nothing of a plan is kept, so that every block of it is asked for once more.
      payloads: new PlannedPayloads(0),
      recoveryPolicy: hands.scenario.policy,
      limits: { maxBlocks: 8, maxBytes: 1_000_000, blocksPerForkchoice: BLOCKS_PER_FORKCHOICE },
      window: new FetchWindow(4),
      now: () => 0,
      idle: () => Promise.resolve(),
    },
    new AbortController().signal,
  );
}

class WorldSource implements Source {
  readonly name = 'the source of a small world';
  readonly setbacks = 0;
  readonly blocksPerRequest = 3;
  readonly #hands: Hands;

  constructor(hands: Hands) {
    this.#hands = hands;
  }

  chainId(): Promise<number> {
    return this.#answer(() => CHAIN_ID);
  }

  head(): Promise<BlockRef> {
    return this.#answer(() => this.#hands.scenario.tree.ref(this.#hands.source.head));
  }

  labels(): Promise<Labels> {
    return this.#answer(() => labelRefs(this.#hands.scenario.tree, this.#hands.source));
  }

  async safeLabel(): Promise<BlockRef | null> {
    return (await this.labels()).safe;
  }

  refAt(id: BlockId): Promise<Lookup<BlockRef>> {
    return this.#answer(() => {
      const ref = this.#find(id);
      return ref === null ? { kind: 'absent' } : { kind: 'found', value: ref };
    });
  }

  async refsAt(heights: readonly number[]): Promise<readonly Lookup<BlockRef>[]> {
    return Promise.all(heights.map((number) => this.refAt({ number })));
  }

  block(id: BlockId): Promise<Lookup<FetchedBlock>> {
    return this.#answer(() => {
      const value = this.#blockOf(id);
      return value === null ? { kind: 'absent' } : { kind: 'found', value };
    });
  }

  blocksAt(heights: readonly number[]): Promise<readonly (FetchedBlock | null)[]> {
    return this.#answer(() => heights.map((number) => this.#blockOf({ number })));
  }

  requestEvidence(): Promise<Lookup<RequestEvidence>> {
    return this.#answer(() => ({ kind: 'absent' }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #blockOf(id: BlockId): FetchedBlock | null {
    const { tree } = this.#hands.scenario;
    const ref = this.#find(id);
    return ref === null ? null : tree.blocks[tree.indexOf(ref)]!.fetched;
  }

  /** A block that was given up is still served by its hash. */
  #find(id: BlockId): BlockRef | null {
    const { scenario, source } = this.#hands;
    if ('number' in id) return sourceRefAt(scenario.tree, source, id.number);
    return scenario.tree.blocks.find(({ ref }) => ref.hash === id.hash)?.ref ?? null;
  }

  #answer<T>(read: () => T): Promise<T> {
    return this.#hands.source.up ? Promise.resolve(read()) : Promise.reject(new LockstepError('SOURCE_TIMEOUT'));
  }
}

class WorldEngine implements Engine {
  readonly name = 'the EL of a small world';
  readonly hangUps = 0;
  readonly #hands: Hands;

  constructor(hands: Hands) {
    this.#hands = hands;
  }

  get profile(): EngineProfile {
    return this.#hands.scenario.habits;
  }

  identify(): Promise<EngineIdentity> {
    if (!this.#hands.engine.up) return Promise.reject(new LockstepError('ENGINE_TIMEOUT'));
    const genesis = this.#hands.scenario.tree.ref(0);
    return Promise.resolve({ chainId: CHAIN_ID, genesis, capabilities: [], clientVersion: null, clockSkewMs: null });
  }

  head(): Promise<BlockRef> {
    return this.heads().then(({ unsafe }) => unsafe);
  }

  heads(): Promise<Heads> {
    return this.#read(() => viewOf(this.#hands.scenario.tree, this.#hands.engine, []).heads);
  }

  refAt(number: number): Promise<BlockRef | null> {
    return this.#read(() => this.#hands.engineAt(number));
  }

  syncing(): Promise<EngineSyncing> {
    return this.#read(() => viewOf(this.#hands.scenario.tree, this.#hands.engine, []).syncing);
  }

  peerCount(): Promise<number | null> {
    return Promise.resolve(this.#hands.engine.peerBlocks);
  }

  newPayload({ ref }: Payload): Promise<EngineAnswer> {
    return Promise.resolve(this.#hands.payload(this.#hands.scenario.tree.indexOf(ref)));
  }

  newPayloads(payloads: readonly Payload[]): Promise<readonly EngineAnswer[]> {
    const { tree } = this.#hands.scenario;
    const [first, ...others] = payloads.map(({ ref }) => tree.indexOf(ref));
    return Promise.resolve(first === undefined ? [] : this.#hands.payloads([first, ...others]));
  }

  applyForkchoice(fc: Forkchoice): Promise<AppliedForkchoice> {
    const needsSource = this.#hands.action.do !== 'forkchoice';
    return Promise.resolve({ ...this.#hands.forkchoice(fc, needsSource), heads: null, foreignMove: null, attempts: 1 });
  }

  canSetHead(): Promise<boolean> {
    return this.#read(() => this.#hands.canSetHead());
  }

  setHead(to: BlockRef): Promise<EngineAnswer> {
    return Promise.resolve(this.#hands.setHead(this.#hands.scenario.tree.indexOf(to)));
  }

  forgets(): Promise<boolean> {
    return this.#read(() => this.#hands.forgets());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read<T>(read: () => T): Promise<T> {
    return this.#hands.engine.up ? Promise.resolve(read()) : Promise.reject(new LockstepError('ENGINE_UNREACHABLE'));
  }
}
