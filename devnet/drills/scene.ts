import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Heads } from '../../src/chain/block.js';
import type { JsonObject } from '../../src/util/json.js';
import { FaultProxy } from '../proxy/fault-proxy.js';
import type { ExitStatus } from '../process/bound-process.js';
import { startLockstep, type LockstepProcess } from '../rig/lockstep-process.js';
import type { RunningDevnet } from '../stack/running-devnet.js';
import type { EndSignal } from '../stack/stack.js';
import { agree } from '../view/snapshot.js';
import { waitUntil } from '../wait-until.js';
import { LOG_FILE } from './evidence.js';
import { timeOf, type DrillEvent, type EventKind } from './record.js';

/** With slower tickers both sides rarely show the same labels at one moment, at a block per second. */
const LOCKSTEP_FLAGS = ['--l2.follow.poll-interval', '250ms', '--l2.follow.safety-interval', '500ms'];

const MARKER_DEADLINE_MS = 60_000;

/** Before a drill, when an EL may have to be brought up from genesis. */
const SETTLE_DEADLINE_MS = 300_000;

const HOLDING = 'Holding: nothing changes in the EL';

/** How lockstep says that it is at the head. */
export const FOLLOWING = 'Following: the EL keeps up with the source';

/** So many blocks more have to be followed at least. */
const PROGRESS_BLOCKS = 3;

export interface SceneOptions {
  readonly devnet: RunningDevnet;
  /** Where lockstep logs and keeps its journal. */
  readonly folder: string;
  /** How long both sides may take to agree again. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * What a drill acts on: a devnet in the background, whose lockstep is one of our own here, with a fault proxy before
 * each port that it talks to.
 */
export class Scene {
  readonly events: DrillEvent[] = [];
  private readonly proxies: FaultProxy[] = [];
  private lockstep: LockstepProcess | null = null;
  private lives = 1;

  private constructor(
    private readonly options: SceneOptions,
    /** Before the RPC of the source EL. */
    readonly source: FaultProxy,
    /** Before the engine port of the follower EL. */
    readonly engine: FaultProxy,
    /** Before op-node, where there is one. */
    readonly consensus: FaultProxy | null,
  ) {
    this.proxies.push(source, engine, ...(consensus === null ? [] : [consensus]));
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const { devnet } = options;
    const source = await FaultProxy.start(devnet.url('source', 'http'));
    const engine = await FaultProxy.start(devnet.url('follower', 'engine'));
    const consensus = devnet.has('op-node') ? await FaultProxy.start(devnet.url('op-node', 'rpc')) : null;
    return new Scene(options, source, engine, consensus);
  }

  get devnet(): RunningDevnet {
    return this.options.devnet;
  }

  get folder(): string {
    return this.options.folder;
  }

  /** The proxies before everything that belongs to the source. */
  get sourceSide(): readonly FaultProxy[] {
    return this.consensus === null ? [this.source] : [this.source, this.consensus];
  }

  /** How many processes the follower EL has been. */
  get followerLife(): number {
    return this.lives;
  }

  /** A fault begins. */
  fault(text: string): void {
    this.note('fault', text);
  }

  /** It is over: from here on it counts how long it takes until both sides agree. */
  lifted(text: string): void {
    this.note('lifted', text);
  }

  note(kind: EventKind, text: string): void {
    this.events.push({ atMs: Date.now(), kind, text });
  }

  /** Waits for something that shows that the fault was noticed. */
  async until<T>(what: string, condition: () => T | Promise<T>): Promise<Present<T>> {
    const value = await this.waitFor(what, condition, MARKER_DEADLINE_MS);
    this.note('marker', what);
    return value;
  }

  /** A line of lockstep with these fields, logged since the last fault began. */
  untilLogged(fields: JsonObject): Promise<JsonObject> {
    const told = Object.values(fields).map(String).join(', ');
    return this.untilLine(told, (line) => Object.entries(fields).every(([key, value]) => line[key] === value));
  }

  /** Or one of several reasons, where that depends on the EL. */
  untilHolding(...reasons: readonly string[]): Promise<JsonObject> {
    const holds = ({ msg, reason }: JsonObject): boolean => msg === HOLDING && reasons.some((each) => each === reason);
    return this.untilLine(`${HOLDING}, ${reasons.join(' or ')}`, holds);
  }

  untilReleased(was: string): Promise<JsonObject> {
    return this.untilLogged({ msg: 'The hold is over', was });
  }

  private untilLine(told: string, matches: (line: JsonObject) => boolean): Promise<JsonObject> {
    const since = this.events.findLast(({ kind }) => kind === 'fault')?.atMs ?? 0;
    const find = (): JsonObject | undefined =>
      this.log.find((line) => Date.parse(timeOf(line)) >= since && matches(line));
    return this.until(`lockstep: ${told}`, find);
  }

  /** Leaves everything as it is for so long. */
  async keep(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.options.signal });
  }

  /** So many blocks more are made by the source. */
  async blocksMore(count: number): Promise<void> {
    const { unsafe } = await this.devnet.sourceHeads();
    const wanted = unsafe.number + count;
    const reached = async (): Promise<boolean> => (await this.devnet.sourceHeads()).unsafe.number >= wanted;
    await this.waitFor(`the source is at ${wanted}`, reached, MARKER_DEADLINE_MS);
  }

  /** Everything that our locksteps have logged, from the first one on. */
  get log(): readonly JsonObject[] {
    return this.lockstep?.log() ?? [];
  }

  async startLockstep(flags: readonly string[] = []): Promise<void> {
    const { devnet, folder } = this.options;
    this.engine.log.newLife();
    this.lockstep = await startLockstep({
      sourceUrl: this.source.url,
      engineUrl: this.engine.url,
      jwtSecretFile: devnet.elAccess('follower').jwtSecretFile,
      logFile: join(folder, LOG_FILE),
      cwd: folder,
      flags: [
        ...(this.consensus === null ? [] : ['--l2.follow.source.cl', this.consensus.url]),
        ...LOCKSTEP_FLAGS,
        ...flags,
      ],
    });
  }

  async stopLockstep(signal: EndSignal = 'SIGTERM'): Promise<void> {
    await (signal === 'SIGTERM' ? this.lockstep?.stop() : this.lockstep?.kill());
  }

  /** Waits until it has ended by itself with this code. */
  async untilExit(code: number): Promise<void> {
    let status: ExitStatus | null = null;
    void this.lockstep?.exited.then((ended) => (status = ended));
    const { code: seen } = await this.until<ExitStatus | null>(`lockstep exits with ${code}`, () => status);
    if (seen !== code) throw new Error(`lockstep exited with ${seen ?? 'no code'}, not ${code}`);
  }

  async endFollower(signal: EndSignal): Promise<void> {
    await this.devnet.end('follower', signal);
    this.lives += 1;
  }

  async startFollower(): Promise<void> {
    await this.devnet.start('follower');
  }

  /** One more view of the source, for as long as the drill lasts. */
  async replica(): Promise<FaultProxy> {
    const replica = await FaultProxy.start(this.devnet.url('source', 'http'));
    this.proxies.push(replica);
    return replica;
  }

  /** Starts lockstep and waits until it follows. */
  async settle(): Promise<void> {
    await this.startLockstep();
    const follows = (): boolean => this.log.some(({ msg }) => msg === FOLLOWING);
    await this.waitFor('lockstep follows', follows, SETTLE_DEADLINE_MS);
    await this.agreed(() => true, SETTLE_DEADLINE_MS);
  }

  /**
   * Ends every fault of the proxies and waits until both sides show the same three blocks, some blocks from here.
   * @throws Error when they do not.
   */
  async recover(): Promise<Heads> {
    for (const proxy of this.proxies) {
      proxy.heal();
      await proxy.up();
    }
    const { unsafe } = await this.devnet.sourceHeads();
    return this.agreed((source) => source.unsafe.number >= unsafe.number + PROGRESS_BLOCKS);
  }

  async close(): Promise<void> {
    await this.stopLockstep();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }

  private async agreed(far: (source: Heads) => boolean, withinMs = this.options.withinMs): Promise<Heads> {
    const look = async (): Promise<Heads | null> => {
      const [source, follower] = await Promise.all([this.devnet.sourceHeads(), this.devnet.followerHeads()]);
      return source.finalized !== null && far(source) && agree(source, follower) ? source : null;
    };
    return this.waitFor('both sides show the same blocks', look, withinMs);
  }

  /** As waitUntil, until the signal. */
  private async waitFor<T>(what: string, condition: () => T | Promise<T>, withinMs: number): Promise<Present<T>> {
    const { signal } = this.options;
    const stopped = Symbol('stopped');
    const value = await waitUntil<T | typeof stopped>(what, () => (signal.aborted ? stopped : condition()), withinMs);
    signal.throwIfAborted();
    return value as Present<T>;
  }
}

type Present<T> = Exclude<T, false | null | undefined>;
