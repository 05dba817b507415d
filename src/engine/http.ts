import type { BlockRef, Heads } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { Payload } from '../payload/payload.js';
import type { OnCall } from '../util/call-report.js';
import type { RpcOutcome } from '../util/envelope.js';
import type { Hash } from '../util/hex.js';
import { RpcTransport } from '../util/rpc.js';
import { type AnsweredForkchoice, applyForkchoice, type ForkchoiceCalls, isNextBlock } from './apply.js';
import { EngineClient } from './client.js';
import type {
  AppliedForkchoice,
  Engine,
  EngineAnswer,
  EngineIdentity,
  EngineProfile,
  EngineSyncing,
  StateChangeMethod,
} from './engine.js';
import { forgets } from './forgets.js';
import { ForkchoiceSender } from './forkchoice.js';
import { HEAD_CALLS, HEADS_CALLS, headsOf, readHead, readHeads, readRefAt, readSyncing } from './heads.js';
import { identify } from './identify.js';
import { createTokenSigner } from './jwt.js';
import { sendNewPayload, sendNewPayloads } from './new-payload.js';
import { PeerCounter } from './peers.js';
import { engineProfile, UNKNOWN_PROFILE } from './profile.js';
import { HeadSetter } from './set-head.js';
import { SingleFlight } from './state-change.js';
import { UnmovedRepeats } from './unmoved-repeats.js';

export interface EngineOptions {
  /** http(s) URL of the engine (authrpc) port. */
  readonly url: string;
  /** The EL's public RPC, which unlike the engine port may serve net_peerCount; absent: the peers are not counted. */
  readonly rpcUrl?: string;
  /** A plain RPC that serves debug_setHead where the engine port does not; absent: none. Its URL may hold credentials. */
  readonly adminRpcUrl?: string;
  /** The 32 bytes shared with the EL. */
  readonly jwtSecret: Buffer;
  /** Deadline of one call. */
  readonly timeoutMs: number;
  /** The version of lockstep, told to the EL. */
  readonly version: string;
  /** The pauses before a VALID forkchoice that moved nothing is sent again. */
  readonly repeatDelaysMs?: readonly number[];
  /** How long a state-changing call under way may outlive the abort of its signal. */
  readonly drainMs?: number;
  /** Wall clock in ms, for tokens and clock skew. */
  readonly now?: () => number;
  /** The EL did what its profile rules out; the profile no longer counts there. */
  readonly onSurprise?: (detail: string) => void;
  /** Told of every JSON-RPC call sent; reads that travel with a forkchoice belong to it. */
  readonly onCall?: OnCall;
  /** Told of every answer to a state-changing call, by its method without prefix and version. */
  readonly onAnswer?: (method: StateChangeMethod, answer: EngineAnswer) => void;
  /** Told of what the EL said of itself. */
  readonly onIdentity?: (identity: EngineIdentity) => void;
  /** Why debug_setHead is not tried, where the EL serves it or the operator named an RPC for it. */
  readonly onSetHeadRefused?: (why: string) => void;
}

/** geth's own limit for a reply is 25 MB; nothing that is asked for here comes near. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** One for the state-changing call, one for a read beside it. */
const CONNECTIONS = 2;
/** reth settles within some hundred ms after all but the deepest reorgs (engines-measured 3.0, 3.11). */
const REPEAT_DELAYS_MS: readonly number[] = [20, 50, 100, 200, 500];
/** Within the few seconds a supervisor grants a shutdown. */
const DRAIN_MS = 2_000;

/**
 * The EL behind `url`. State-changing calls are sent one at a time: a second one is refused with INTERNAL. After its
 * signal has aborted, none is sent and the method rejects with ABORTED.
 * @throws LockstepError CONFIG_INVALID for an unusable URL
 */
export function createEngine(options: EngineOptions): Engine {
  return new HttpEngine(options);
}

class HttpEngine implements Engine {
  readonly name: string;
  readonly #client: EngineClient;
  readonly #forkchoice: ForkchoiceSender;
  readonly #peers: PeerCounter;
  readonly #singleFlight = new SingleFlight();
  readonly #version: string;
  readonly #now: () => number;
  readonly #repeats: UnmovedRepeats;
  readonly #admin: EngineClient | null;
  readonly #headSetter: HeadSetter;
  readonly #onAnswer: NonNullable<EngineOptions['onAnswer']>;
  readonly #onIdentity: EngineOptions['onIdentity'];
  #profile = UNKNOWN_PROFILE;
  #hangUps = 0;
  /** What it showed last; null where that may be another EL's. */
  #shown: Heads | null = null;

  constructor(options: EngineOptions) {
    const { url, jwtSecret, timeoutMs, adminRpcUrl } = options;
    const limits = { timeoutMs, drainMs: options.drainMs ?? DRAIN_MS, onCall: options.onCall };
    this.#version = options.version;
    this.#now = options.now ?? Date.now;
    this.#onAnswer = options.onAnswer ?? ((): void => undefined);
    this.#onIdentity = options.onIdentity;
    this.#repeats = new UnmovedRepeats(options.repeatDelaysMs ?? REPEAT_DELAYS_MS, options.onSurprise);
    const transport = transportTo(url, timeoutMs, () => (this.#hangUps += 1));
    this.name = transport.name;
    const signer = createTokenSigner(jwtSecret, this.#now);
    this.#client = new EngineClient(transport, signer, limits);
    this.#admin =
      adminRpcUrl === undefined ? null : new EngineClient(transportTo(adminRpcUrl, timeoutMs), null, limits);
    const onRefused = options.onSetHeadRefused;
    this.#headSetter = new HeadSetter({ engine: this.#client, admin: this.#admin, timeoutMs, onRefused });
    this.#forkchoice = new ForkchoiceSender(this.#client);
    this.#peers = new PeerCounter(options.rpcUrl);
  }

  get profile(): EngineProfile {
    return this.#profile;
  }

  get hangUps(): number {
    return this.#hangUps;
  }

  /** What was learnt of the EL before is forgotten: another one may have taken its place. */
  async identify(signal: AbortSignal): Promise<EngineIdentity> {
    const identity = await identify(this.#client, this.#version, this.#now, signal);
    this.#forkchoice.reset();
    this.#shown = null;
    this.#profile = engineProfile(identity);
    this.#repeats.allow(this.#profile);
    this.#onIdentity?.(identity);
    return identity;
  }

  head(signal: AbortSignal): Promise<BlockRef> {
    return readHead(this.#client, signal);
  }

  async heads(signal: AbortSignal): Promise<Heads> {
    this.#shown = await readHeads(this.#client, signal);
    this.#repeats.seen(this.#shown);
    return this.#shown;
  }

  refAt(number: number, signal: AbortSignal): Promise<BlockRef | null> {
    return readRefAt(this.#client, number, signal);
  }

  syncing(signal: AbortSignal): Promise<EngineSyncing> {
    return readSyncing(this.#client, signal);
  }

  peerCount(signal: AbortSignal): Promise<number | null> {
    return this.#peers.count(signal);
  }

  newPayload(payload: Payload, signal: AbortSignal): Promise<EngineAnswer> {
    return this.#singleFlight.run('newPayload', async () =>
      this.#told('newPayload', await sendNewPayload(this.#client, payload, signal)),
    );
  }

  newPayloads(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly EngineAnswer[]> {
    return this.#singleFlight.run('newPayloads', async () => {
      const answers = await sendNewPayloads(this.#client, payloads, signal);
      return answers.map((answer) => this.#told('newPayload', answer));
    });
  }

  applyForkchoice(fc: Forkchoice, signal: AbortSignal): Promise<AppliedForkchoice> {
    const calls: ForkchoiceCalls = {
      send: (sent) => this.#sendForkchoice(sent, signal),
      heads: () => this.#readBack(fc, signal),
    };
    return this.#singleFlight.run('applyForkchoice', async () => {
      const applied = await applyForkchoice(fc, calls, this.#repeats.delaysMs, signal);
      this.#repeats.applied(fc, applied);
      return applied;
    });
  }

  /**
   * The read behind it spares a round trip, and on a busy geth a wait of 15 ms for what a new head starts there. The one
   * before it spares the look that the next block would need.
   */
  async #sendForkchoice(fc: Forkchoice, signal: AbortSignal): Promise<AnsweredForkchoice> {
    const last = this.#before(fc);
    const seen = this.#shown?.unsafe;
    const follows = seen !== undefined && fc.head.parentHash === seen.hash;
    const reads = { before: follows ? HEAD_CALLS : [], behind: last === null ? HEADS_CALLS : HEAD_CALLS };
    const isInOrder = this.#profile.maxPayloadsPerBatch > 1;
    const { answer, before, behind } = await this.#forkchoice.send(fc, isInOrder ? reads : null, signal);
    this.#told('forkchoiceUpdated', answer);
    const foreignMove = follows ? isForeignMove(seen, before) : null;
    const heads = headsIfRead(behind);
    if (heads === null) return { answer, foreignMove, shown: null };
    this.#shown = last === null ? heads : { ...last, unsafe: heads.unsafe };
    return { answer, foreignMove, shown: this.#shown };
  }

  async #readBack(fc: Forkchoice, signal: AbortSignal): Promise<Heads> {
    const before = this.#before(fc);
    if (before === null) return this.heads(signal);
    this.#shown = { ...before, unsafe: await this.head(signal) };
    return this.#shown;
  }

  /** What the EL showed last, where the head alone has to be read to know what it shows after this forkchoice. */
  #before(fc: Forkchoice): Heads | null {
    return this.#shown !== null && isNextBlock(fc, this.#shown) ? this.#shown : null;
  }

  canSetHead(signal: AbortSignal): Promise<boolean> {
    return this.#headSetter.canSetHead(this.#profile, signal);
  }

  setHead(to: BlockRef, signal: AbortSignal): Promise<EngineAnswer> {
    return this.#singleFlight.run('setHead', async () =>
      this.#told('setHead', await this.#headSetter.setHead(to, this.#profile, signal)),
    );
  }

  forgets(hash: Hash, signal: AbortSignal): Promise<boolean> {
    return forgets(this.#client, hash, signal);
  }

  #told(method: StateChangeMethod, answer: EngineAnswer): EngineAnswer {
    this.#onAnswer(method, answer);
    return answer;
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#admin?.close(), this.#peers.close()]);
  }
}

/** Null where nothing was read, or nothing that can be: it is read once more, and what is wrong shows there. */
function headsIfRead(outcomes: readonly RpcOutcome[]): Heads | null {
  try {
    return outcomes.length === 0 ? null : headsOf(outcomes);
  } catch {
    return null;
  }
}

/** Whether the EL has left the block that it was seen at for another one; null where it was not read, or stands lower. */
function isForeignMove(seen: BlockRef, read: readonly RpcOutcome[]): boolean | null {
  const found = headsIfRead(read)?.unsafe ?? null;
  if (found === null || found.number < seen.number) return null;
  return found.hash !== seen.hash;
}

function transportTo(url: string, timeoutMs: number, onHangUp?: () => void): RpcTransport {
  return new RpcTransport({
    peer: 'ENGINE',
    url,
    headers: {},
    timeoutMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    maxConnections: CONNECTIONS,
    ...(onHangUp && { onHangUp }),
  });
}
