import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Hex } from '../../src/util/hex.js';
import { launchEl, type ElKind } from '../els/el.js';
import { DEV_BALANCE, type Genesis } from '../genesis.js';
import { readHeads, readRef } from '../heads.js';
import { freePort } from '../process/free-port.js';
import { rpcClient } from '../rpc.js';
import { launchLockstep } from '../stack/lockstep-part.js';
import { elPart, Part, type RunningPart } from '../stack/part.js';
import type { EndSignal, Stack, StackPart } from '../stack/stack.js';
import { smokeAccount } from '../accounts.js';
import { sendTransfer } from '../transfer.js';
import { createOpGenesis, OP_CHAIN_ID, type OpForkSchedule } from './genesis.js';
import { batcherAccount, createL1Genesis, L1BlockMaker } from './l1.js';
import { startOpBatcher, startOpNode, type Endpoints } from './programs.js';
import { rollupConfig } from './rollup-config.js';

export interface OpStackOptions {
  /** Everything is kept below it; created when missing. */
  readonly dir: string;
  readonly seed: string;
  readonly forks: OpForkSchedule;
  readonly follower: ElKind;
  /** Has lockstep ask the sequencer's op-node as well. */
  readonly followConsensus: boolean;
  readonly lockstepFlags: readonly string[];
}

const L2_BLOCK_TIME_MS = 1_000;
const L1 = { blockTimeMs: 3_000, safeDistance: 2, finalizedDistance: 4 };

/** One execution client of the stack: its place, which stays, and its genesis. */
interface ElPlace {
  readonly name: string;
  readonly kind: ElKind;
  readonly genesis: Genesis;
  readonly dataDir: string;
  readonly jwtSecretFile: string;
  readonly httpPort: number;
  readonly enginePort: number;
  readonly extraFlags: readonly string[];
}

/** In the database folder of the follower: whoever owns that reaches every method of the client. */
const ADMIN_SOCKET = 'geth.ipc';

/** lockstep gets no debug methods, which op-geth serves on its engine port as well where --http.api lists them. */
const FOLLOWER_FLAGS = ['--http.api', 'eth,net,web3', '--ipcdisable=false'];

/** The source serves newHeads on its HTTP port as well. */
function webSocketFlags(httpPort: number): readonly string[] {
  return ['--ws', '--ws.addr', '127.0.0.1', '--ws.port', String(httpPort), '--ws.api', 'eth,net,web3'];
}

/**
 * A real OP Stack: an L1, the source EL with op-node as its sequencer, op-batcher, and a follower EL with lockstep.
 * It calls `onStart` with each part that has come up. Nothing is left running when it throws.
 */
export async function startOpStack(options: OpStackOptions, onStart: (part: StackPart) => void): Promise<Stack> {
  const stack = new OpStack(options, await placeEls(options), await freePorts());
  try {
    await stack.bringUp(onStart);
    return stack;
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** Of the consensus clients and the batcher. */
interface Ports {
  readonly opNode: number;
  readonly opBatcher: number;
  readonly lockstep: number;
}

async function freePorts(): Promise<Ports> {
  return { opNode: await freePort(), opBatcher: await freePort(), lockstep: await freePort() };
}

interface ElPlaces {
  readonly l1: ElPlace;
  readonly source: ElPlace;
  readonly follower: ElPlace;
}

async function placeEls({ dir, seed, forks, follower }: OpStackOptions): Promise<ElPlaces> {
  const now = Math.floor(Date.now() / 1_000);
  const l2Genesis = createOpGenesis({ seed, timestamp: now, forks });
  const smoke = { [smokeAccount(seed).address.toLowerCase() as Hex]: { balance: DEV_BALANCE } };
  const l2 = { ...l2Genesis, alloc: { ...l2Genesis.alloc, ...smoke } };
  const place = async (
    name: string,
    kind: ElKind,
    genesis: Genesis,
    flagsFor: (httpPort: number) => readonly string[] = () => [],
  ): Promise<ElPlace> => {
    const dataDir = join(dir, name);
    mkdirSync(dataDir, { recursive: true });
    const jwtSecretFile = join(dataDir, 'jwt.hex');
    writeFileSync(jwtSecretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const [httpPort, enginePort] = [await freePort(), await freePort()];
    const extraFlags = flagsFor(httpPort);
    return { name, kind, genesis, dataDir, jwtSecretFile, httpPort, enginePort, extraFlags };
  };
  return {
    l1: await place('l1', 'geth', createL1Genesis(seed, now)),
    source: await place('source', 'op-geth', l2, webSocketFlags),
    follower: await place('follower', follower, l2, () => (follower === 'op-geth' ? FOLLOWER_FLAGS : [])),
  };
}

class OpStack implements Stack {
  private readonly l1Blocks: L1BlockMaker;
  private readonly l1: Part;
  private readonly source: Part;
  private readonly follower: Part;
  private readonly opNode: Part;
  private readonly opBatcher: Part;
  private readonly lockstep: Part;

  constructor(
    private readonly options: OpStackOptions,
    private readonly els: ElPlaces,
    private readonly ports: Ports,
  ) {
    const at: Endpoints = {
      l1: local(els.l1.httpPort),
      sourceHttp: local(els.source.httpPort),
      sourceEngine: local(els.source.enginePort),
      opNodePort: ports.opNode,
      opBatcherPort: ports.opBatcher,
    };
    const { dir, seed } = options;
    this.l1Blocks = new L1BlockMaker(
      { httpUrl: at.l1, engineUrl: local(els.l1.enginePort), jwtSecretFile: els.l1.jwtSecretFile },
      L1,
    );
    this.l1 = elOf(els.l1);
    this.source = elOf(els.source);
    this.follower = elOf(els.follower);
    this.opNode = new Part('op-node', () =>
      startOpNode(dir, at, {
        l1Genesis: join(els.l1.dataDir, 'genesis.json'),
        rollupConfig: this.rollupConfigFile,
        jwtSecret: els.source.jwtSecretFile,
      }),
    );
    this.opBatcher = new Part('op-batcher', () => startOpBatcher(dir, at, batcherAccount(seed).privateKey));
    this.lockstep = new Part('lockstep', () => this.launchLockstep(at));
  }

  /** Order of opstack 5: both genesis hashes have to be known before op-node starts. */
  async bringUp(onStart: (part: StackPart) => void): Promise<void> {
    const startPart = async (part: Part): Promise<void> => {
      await part.start();
      onStart(part);
    };
    await allOrFirstError([this.l1, this.source, this.follower].map(startPart));
    await this.writeRollupConfig();
    this.l1Blocks.start();
    await startPart(this.opNode);
    await startPart(this.opBatcher);
    await startPart(this.lockstep);
  }

  get parts(): readonly StackPart[] {
    return this.all.filter((part) => part.started);
  }

  get failure(): unknown {
    return this.l1Blocks.failure;
  }

  async end(name: string, signal: EndSignal): Promise<void> {
    const part = this.part(name);
    if (part === this.l1) {
      if (signal === 'SIGKILL')
        throw new Error('a killed geth loses its chain, and an L1 without its chain is another L1');
      await this.l1Blocks.stop();
    }
    await part.end(signal);
  }

  async start(name: string): Promise<void> {
    const part = this.part(name);
    await part.start();
    if (part === this.l1) this.l1Blocks.start();
  }

  /**
   * op-node takes over the head that it finds in the EL when it starts. A transaction that waits in the pool then makes
   * the first block that it builds again another one. Blocks of a batch would come back from the L1 afterwards, so the
   * batcher is away until the newest ones are in none.
   */
  async reorg(depth: number): Promise<void> {
    await this.opBatcher.end('SIGKILL');
    await wait(depth * L2_BLOCK_TIME_MS + 2 * L1.blockTimeMs);
    await this.opNode.end('SIGTERM');
    try {
      const source = rpcClient(local(this.els.source.httpPort));
      const { unsafe } = await readHeads(source);
      await source.call('debug_setHead', [`0x${Math.max(0, unsafe.number - depth).toString(16)}`]);
      await sendTransfer(source, smokeAccount(this.options.seed), OP_CHAIN_ID);
    } finally {
      await this.opNode.start();
      await this.opBatcher.start();
    }
  }

  async close(): Promise<void> {
    await this.l1Blocks.stop();
    // Who asks ends before who answers, so that no log ends in errors. The batcher keeps nothing on disk, and would
    // wait for a block of the L1 that takes its transaction.
    await this.lockstep.end('SIGTERM');
    await this.opBatcher.end('SIGKILL');
    await this.opNode.end('SIGTERM');
    await Promise.all([this.l1, this.source, this.follower].map((part) => part.end('SIGTERM')));
  }

  private part(name: string): Part {
    const part = this.all.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`no part ${name}; there are ${this.all.map((p) => p.name).join(', ')}`);
    return part;
  }

  private get all(): readonly Part[] {
    return [this.l1, this.source, this.opNode, this.opBatcher, this.follower, this.lockstep];
  }

  private get rollupConfigFile(): string {
    return join(this.options.dir, 'rollup.json');
  }

  private async writeRollupConfig(): Promise<void> {
    const { l1, source } = this.els;
    const [l1Genesis, l2Genesis] = await Promise.all(
      [l1, source].map(({ httpPort }) => readRef(rpcClient(local(httpPort)), 0)),
    );
    if (!l1Genesis || !l2Genesis) throw new Error('an EL without a genesis block');
    const config = rollupConfig({
      l1Genesis: l1Genesis.hash,
      l2Genesis: l2Genesis.hash,
      l2Time: l2Genesis.timestamp,
      batcher: batcherAccount(this.options.seed).address.toLowerCase() as Hex,
      forks: this.options.forks,
    });
    writeFileSync(this.rollupConfigFile, JSON.stringify(config, null, 2));
  }

  private launchLockstep(at: Endpoints): Promise<RunningPart> {
    const { dir, followConsensus, lockstepFlags } = this.options;
    const { follower } = this.els;
    const consensus = followConsensus ? ['--l2.follow.source.cl', local(at.opNodePort)] : [];
    const options = {
      sourceUrl: at.sourceHttp,
      engineUrl: local(follower.enginePort),
      jwtSecretFile: follower.jwtSecretFile,
      logFile: join(dir, 'lockstep.log'),
      cwd: dir,
      flags: [...consensus, ...lockstepFlags],
    };
    return launchLockstep(options, this.ports.lockstep);
  }
}

function elOf({ name, kind, ...place }: ElPlace): Part {
  const sockets = place.extraFlags === FOLLOWER_FLAGS ? { ipc: join(place.dataDir, 'db', ADMIN_SOCKET) } : {};
  return new Part(name, async () => {
    const part = elPart(await launchEl(kind, { ...place, persistent: true }));
    return { ...part, urls: { ...part.urls, ...sockets } };
  });
}

function local(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Waits for all, also when one fails, so that nothing is still starting when the rest is ended. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === 'rejected') throw outcome.reason;
}
