import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Genesis } from '../genesis.js';
import { freePort } from '../process/free-port.js';
import { endProcess, type BoundProcess, type ExitStatus } from '../process/bound-process.js';
import { rpcClient } from '../rpc.js';
import { waitUntil } from '../wait-until.js';
import { spawnEthereumJs } from './ethereumjs/launch.js';
import { spawnGeth, spawnOpGeth } from './geth/launch.js';
import type { CParts } from './go-binary.js';
import type { Launch } from './launch.js';
import { rethBinary, spawnOpReth, spawnReth } from './reth/launch.js';

export const EL_KINDS = ['ethereumjs', 'geth', 'reth', 'op-geth', 'op-reth'] as const;

export type ElKind = (typeof EL_KINDS)[number];

/** Whether it runs the OP Stack here; the others run Ethereum. */
export function isOpStack(kind: ElKind): boolean {
  return kind === 'op-geth' || kind === 'op-reth';
}

export interface ElOptions {
  /** Created when missing; holds the database, the genesis file and the log. */
  readonly dataDir: string;
  readonly genesis: Genesis;
  readonly jwtSecretFile: string;
  /** Absent or 0: a free one. */
  readonly httpPort?: number;
  readonly enginePort?: number;
  /** Keep the chain in `dataDir`, so that the next launch there continues it. The others always do. */
  readonly persistent?: boolean;
  /** Not for the ethereumjs EL, which has none. */
  readonly extraFlags?: readonly string[];
  /** For geth only: it listens on 127.0.0.1 for peers, and dials those that admin_addPeer names. */
  readonly p2p?: boolean;
  /** For geth and op-geth only. Absent: without, as a devnet is up sooner then. */
  readonly cParts?: CParts;
}

export interface RunningEl {
  readonly kind: ElKind;
  /** What web3_clientVersion answers. */
  readonly version: string;
  readonly httpUrl: string;
  readonly engineUrl: string;
  readonly jwtSecretFile: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ExitStatus>;
  /** SIGTERM, and waits for the exit. */
  stop(): Promise<ExitStatus>;
  /** SIGKILL, and waits for the exit. */
  kill(): Promise<ExitStatus>;
}

/** What it takes to drive an EL that somebody else has started. */
export type ElAccess = Pick<RunningEl, 'kind' | 'httpUrl' | 'engineUrl' | 'jwtSecretFile'>;

interface Launcher {
  spawn(launch: Launch): Promise<BoundProcess>;
  /** A SIGTERM before this age loses the chain, because the program does not handle it yet (engines-measured 2.D). */
  readonly stoppableAfterMs: number;
}

const LAUNCHERS: Readonly<Record<ElKind, Launcher>> = {
  ethereumjs: { spawn: spawnEthereumJs, stoppableAfterMs: 0 },
  geth: { spawn: spawnGeth, stoppableAfterMs: 1_500 },
  'op-geth': { spawn: spawnOpGeth, stoppableAfterMs: 1_500 },
  reth: { spawn: spawnReth, stoppableAfterMs: 0 },
  'op-reth': { spawn: spawnOpReth, stoppableAfterMs: 0 },
};

/** False for reth and op-reth where nobody brought a binary: all others are built, or come with the packages. */
export async function isAtHand(kind: ElKind): Promise<boolean> {
  return (kind !== 'reth' && kind !== 'op-reth') || (await rethBinary(kind)) !== null;
}

const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 10_000;

/** Starts an execution client on 127.0.0.1 and returns when both of its ports answer. */
export async function launchEl(kind: ElKind, options: ElOptions): Promise<RunningEl> {
  const launcher = LAUNCHERS[kind];
  const launch = await prepare(options);
  const spawned = await launcher.spawn(launch);
  const httpUrl = `http://127.0.0.1:${launch.httpPort}`;
  const engineUrl = `http://127.0.0.1:${launch.enginePort}`;
  const version = await whenReady(spawned, httpUrl, engineUrl, launch);
  const readyAt = performance.now();
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<ExitStatus> => {
    if (signal === 'SIGKILL') {
      spawned.signal(signal);
      return spawned.exited;
    }
    const youngForMs = launcher.stoppableAfterMs - (performance.now() - readyAt);
    if (youngForMs > 0) await new Promise((resolve) => setTimeout(resolve, youngForMs));
    return endProcess(spawned, STOP_GRACE_MS);
  };
  return {
    kind,
    version,
    httpUrl,
    engineUrl,
    jwtSecretFile: launch.jwtSecretFile,
    pid: spawned.pid,
    logFile: launch.logFile,
    exited: spawned.exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

async function prepare(options: ElOptions): Promise<Launch> {
  mkdirSync(options.dataDir, { recursive: true });
  const genesisFile = join(options.dataDir, 'genesis.json');
  writeFileSync(genesisFile, JSON.stringify(options.genesis));
  return {
    dataDir: options.dataDir,
    genesisFile,
    chainId: options.genesis.config.chainId,
    gasLimit: Number(options.genesis.gasLimit),
    jwtSecretFile: options.jwtSecretFile,
    httpPort: await chosenPort(options.httpPort),
    enginePort: await chosenPort(options.enginePort),
    persistent: options.persistent ?? false,
    extraFlags: options.extraFlags ?? [],
    p2p: options.p2p ?? false,
    cParts: options.cParts ?? 'without C',
    logFile: join(options.dataDir, 'el.log'),
  };
}

async function chosenPort(port: number | undefined): Promise<number> {
  return port === undefined || port === 0 ? freePort() : port;
}

/** Both ports must answer a real call; an EL that exits first is an error at once. */
async function whenReady(spawned: BoundProcess, httpUrl: string, engineUrl: string, launch: Launch): Promise<string> {
  const gone = new AbortController();
  void spawned.exited.then(() => gone.abort());
  const answers = async (): Promise<{ version: string } | null> => {
    if (gone.signal.aborted) return { version: '' };
    await rpcClient(engineUrl, launch.jwtSecretFile).call('engine_exchangeCapabilities', [[]]);
    const version = await rpcClient(httpUrl).call('web3_clientVersion', []);
    return typeof version === 'string' ? { version } : null;
  };
  try {
    const { version } = await waitUntil(`the EL at ${httpUrl} answers`, answers, READY_DEADLINE_MS);
    if (gone.signal.aborted) throw new Error(`the EL exited while starting; see ${launch.logFile}`);
    return version;
  } catch (error) {
    spawned.signal('SIGKILL');
    await spawned.exited;
    throw error;
  }
}
