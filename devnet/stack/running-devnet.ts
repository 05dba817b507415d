import type { BlockRef, Heads } from '../../src/chain/block.js';
import { toHash } from '../../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import { readHeads } from '../heads.js';
import { rpcClient, type RpcClient } from '../rpc.js';
import type { ElAccess } from '../els/el.js';
import { giveOrder } from './control.js';
import { KINDS, type StackKind } from './kinds.js';
import type { EndSignal } from './stack.js';
import { findDevnet, isRunning, readState, type DevnetState, type PartRecord } from './state-file.js';

/** A devnet in the background, as a command uses it. */
export class RunningDevnet {
  readonly source: RpcClient;
  readonly follower: RpcClient;
  /** The op-node that decides what the source holds, where there is one. */
  private readonly sequencer: RpcClient | null;

  private constructor(
    readonly folder: string,
    readonly kind: StackKind,
    readonly seed: string,
  ) {
    this.source = this.clientOf('source', 'http');
    this.follower = this.clientOf('follower', 'http');
    this.sequencer = this.has('op-node') ? this.clientOf('op-node', 'rpc') : null;
  }

  /** @throws Error when there is none, or when it is not (any more) as it should be. */
  static open(root: string, kind: StackKind | null): RunningDevnet {
    const { folder, state } = findDevnet(root, kind);
    if (!isRunning(state.daemon)) throw new Error(`the ${state.kind} devnet has ended: \`devnet down\` cleans up`);
    if (state.phase !== 'ready') throw new Error(`the ${state.kind} devnet is ${state.phase}`);
    return new RunningDevnet(folder, state.kind, state.seed);
  }

  get state(): DevnetState {
    const state = readState(this.folder);
    if (state === null) throw new Error(`${this.folder} has no state any more`);
    return state;
  }

  has(part: string): boolean {
    return this.state.parts.some(({ name }) => name === part);
  }

  part(name: string): PartRecord {
    const { parts } = this.state;
    const found = parts.find((part) => part.name === name);
    if (found === undefined) throw new Error(`no part ${name}; there are ${parts.map((p) => p.name).join(', ')}`);
    return found;
  }

  /** Of the chain that is followed. */
  get chainId(): number {
    return KINDS[this.kind].chainId;
  }

  /** Whether transactions can be sent to the source. */
  get takesTransactions(): boolean {
    return KINDS[this.kind].filledFrom === 'pool';
  }

  /** Of whoever decides: op-node where there is one, else the source EL. */
  authorityHeads(): Promise<Heads> {
    return this.sequencer === null ? readHeads(this.source) : sequencerHeads(this.sequencer);
  }

  sourceHeads(): Promise<Heads> {
    return readHeads(this.source);
  }

  followerHeads(): Promise<Heads> {
    return readHeads(this.follower);
  }

  /** Ends a part, which is then away until {@link start}. */
  end(part: string, signal: EndSignal): Promise<void> {
    return giveOrder(this.folder, { order: 'end', part, signal });
  }

  start(part: string): Promise<void> {
    return giveOrder(this.folder, { order: 'start', part });
  }

  restart(part: string, signal: EndSignal): Promise<void> {
    return giveOrder(this.folder, { order: 'restart', part, signal });
  }

  /** Replaces the newest `depth` blocks of the source. */
  reorg(depth: number): Promise<void> {
    return giveOrder(this.folder, { order: 'reorg', depth });
  }

  /** Stays over a restart. */
  url(part: string, service: string): string {
    const url = this.part(part).urls[service];
    if (url === undefined) throw new Error(`${part} serves no ${service}`);
    return url;
  }

  /** What it takes to drive an execution client in the place of its consensus client. */
  elAccess(part: 'source' | 'follower'): ElAccess {
    const { el } = this.part(part);
    if (el === null) throw new Error(`${part} is no execution client`);
    return { ...el, httpUrl: this.url(part, 'http'), engineUrl: this.url(part, 'engine') };
  }

  private clientOf(part: string, service: string): RpcClient {
    return rpcClient(this.url(part, service));
  }
}

/** The heads of op-node; a head that it does not know yet has the zero hash there. */
async function sequencerHeads(opNode: RpcClient): Promise<Heads> {
  const status = await opNode.call('optimism_syncStatus', []);
  if (!isJsonObject(status)) throw new Error('op-node answered no sync status');
  const unsafe = l2Ref(status['unsafe_l2']);
  if (unsafe === null) throw new Error('op-node has no unsafe head');
  return { unsafe, safe: l2Ref(status['safe_l2']), finalized: l2Ref(status['finalized_l2']) };
}

function l2Ref(value: JsonValue | undefined): BlockRef | null {
  if (!isJsonObject(value)) return null;
  const { number, timestamp } = value;
  const [hash, parentHash] = [toHash(value['hash']), toHash(value['parentHash'])];
  if (typeof number !== 'number' || typeof timestamp !== 'number' || hash === undefined || parentHash === undefined) {
    return null;
  }
  return /^0x0+$/.test(hash) ? null : { number, hash, parentHash, timestamp };
}
