import type { BlockRef, Labels } from '../../../src/chain/block.js';
import { buildPayload } from '../../../src/payload/build.js';
import { initKeccak } from '../../../src/payload/keccak.js';
import { verifyBlock } from '../../../src/payload/verify.js';
import { toHash, toNumber, type Hash } from '../../../src/util/hex.js';
import { isJsonObject } from '../../../src/util/json.js';
import type { RpcCall } from '../../../src/util/request-text.js';
import { isOpStack, type RunningEl } from '../../../devnet/els/el.js';
import { readRef } from '../../../devnet/heads.js';
import { ALL_AT_GENESIS } from '../../../devnet/op-stack/genesis.js';
import { opRules } from '../../../devnet/op-stack/rules.js';
import { createBuilder, type Builder } from '../../../devnet/producer/builder.js';
import type { ChainRules } from '../../../devnet/producer/chain-rules.js';
import { engineDriver, type BuiltBlock, type EngineDriver } from '../../../devnet/producer/engine-driver.js';
import { ethereumRules } from '../../../devnet/producer/ethereum-rules.js';
import { rpcClient, type RpcClient } from '../../../devnet/rpc.js';
import { realBlock, type RealBlock } from '../../follow/blocks.js';
import { Tree, type Index } from '../../follow/model/tree.js';

export const TIP = 140;

/** Beside the trunk `a`: where a branch leaves it, and how long it is. */
const BRANCHES = [
  // 129 and 128 blocks below the tip: beyond the window of geth, and its last block.
  { name: 'b', above: 11, length: 2 },
  { name: 'c', above: 12, length: 2 },
  { name: 'd', above: 107, length: 2 },
  { name: 'e', above: 136, length: 4 },
] as const;

const NO_LABELS: Labels = { safe: null, finalized: null };

/** A trunk and its branches, made of empty blocks by a real EL. */
export class SimChain {
  readonly tree: Tree;
  readonly #names: readonly string[];

  private constructor(blocks: readonly { readonly name: string; readonly block: RealBlock }[]) {
    this.tree = new Tree(blocks.map(({ block }) => block));
    const own = blocks.map(({ name }) => name);
    this.#names = [...own, ...own.slice(1).map((name) => `${name}'`)];
  }

  /** Builds it on an EL that has nothing but its genesis. */
  static async on(el: RunningEl, seed: string): Promise<SimChain> {
    await initKeccak();
    const grower = await Grower.on(el, seed);
    const blocks = [{ name: 'genesis', ref: grower.genesis }];
    let trunk = grower.genesis;
    for (let height = 0; height < TIP; height++) {
      for (const [branch, { name, above, length }] of BRANCHES.entries()) {
        if (above !== height) continue;
        let tip = trunk;
        for (let made = 0; made < length; made++) {
          tip = await grower.add(tip, branch + 1);
          blocks.push({ name: `${name}${tip.number}`, ref: tip });
        }
      }
      trunk = await grower.add(trunk, 0);
      blocks.push({ name: `a${trunk.number}`, ref: trunk });
    }
    const raw = await grower.raw(blocks.map(({ ref }) => ref));
    return new SimChain(blocks.map(({ name }, index) => ({ name, block: raw[index]! })));
  }

  /** `a12` is block 12 of the trunk, `a12'` its copied sibling. */
  index(name: string): Index {
    const index = this.#names.indexOf(name);
    if (index < 0) throw new RangeError(`this chain has no block ${name}`);
    return index;
  }

  name(index: Index): string {
    return this.#names[index]!;
  }

  nameOf(ref: BlockRef): string {
    return this.name(this.tree.indexOf(ref));
  }

  /** The newPayload call as lockstep makes it. */
  payload(index: Index): RpcCall {
    const { ref, fetched } = this.tree.blocks[index]!;
    const { request } = buildPayload(verifyBlock(fetched, ref));
    return JSON.parse(request.toString('latin1')) as RpcCall;
  }
}

class Grower {
  private constructor(
    readonly genesis: BlockRef,
    private readonly http: RpcClient,
    private readonly driver: EngineDriver,
    private readonly rules: ChainRules,
    private readonly build: Builder,
  ) {}

  static async on(el: RunningEl, seed: string): Promise<Grower> {
    const http = rpcClient(el.httpUrl);
    const driver = engineDriver(rpcClient(el.engineUrl, el.jwtSecretFile));
    const genesis = await readRef(http, 0);
    if (genesis === null) throw new Error('the EL has no genesis block');
    const rules = isOpStack(el.kind)
      ? opRules({ seed, forks: ALL_AT_GENESIS, genesisTimestamp: genesis.timestamp })
      : ethereumRules(seed);
    return new Grower(genesis, http, driver, rules, createBuilder(el.kind, http, driver));
  }

  /** Puts one block on any other one that is at most 32 below the head. */
  async add(parent: BlockRef, branch: number): Promise<BlockRef> {
    const place = { parent, number: parent.number + 1, timestamp: parent.timestamp + 1, branch };
    await this.driver.forkchoice(parent, NO_LABELS);
    const block = await this.build({
      parent,
      labels: NO_LABELS,
      fork: this.rules.engineFork(place),
      attributes: this.rules.attributes(place),
      transactions: [],
    });
    await this.driver.newPayload(block);
    return refOf(block, parent);
  }

  async raw(refs: readonly BlockRef[]): Promise<readonly RealBlock[]> {
    const calls = refs.map(({ hash }) => ({ method: 'debug_getRawBlock', params: [hash] }));
    const outcomes = await this.http.batch(calls);
    return refs.map((ref, index) => {
      const outcome = outcomes[index];
      if (outcome?.ok !== true || typeof outcome.result !== 'string') throw new Error(`no raw block ${ref.number}`);
      return realBlock(ref, outcome.result);
    });
  }
}

function refOf({ payload }: BuiltBlock, parent: BlockRef): BlockRef {
  const hash: Hash | undefined = toHash(payload['blockHash']);
  const timestamp = toNumber(payload['timestamp']);
  if (!isJsonObject(payload) || hash === undefined || timestamp === undefined) throw new Error('no payload was built');
  return { number: parent.number + 1, hash, parentHash: parent.hash, timestamp };
}
