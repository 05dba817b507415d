import { basename, join } from 'node:path';
import { endProcess, spawnSupervised } from '../process/bound-process.js';
import { rpcClient } from '../rpc.js';
import type { RunningPart } from '../stack/part.js';
import { waitUntil } from '../wait-until.js';
import { opStackBinary, type OpStackProgram } from './binaries.js';

/** Where the two programs find the others, and where they stand themselves. */
export interface Endpoints {
  readonly l1: string;
  readonly sourceHttp: string;
  readonly sourceEngine: string;
  readonly opNodePort: number;
  readonly opBatcherPort: number;
}

export interface OpNodeFiles {
  readonly l1Genesis: string;
  readonly rollupConfig: string;
  /** Of the source EL. */
  readonly jwtSecret: string;
}

const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 5_000;

/** Seconds; op-node wants it where there is no beacon node to ask (opstack 5). */
const L1_SLOT_SECONDS = 3;

/** The sequencer: it makes the L2 blocks in the source EL, and derives which of them are safe and finalized. */
export function startOpNode(dir: string, at: Endpoints, files: OpNodeFiles): Promise<RunningPart> {
  return start('op-node', dir, at.opNodePort, 'optimism_version', [
    ...['--l1', at.l1, '--l1.trustrpc', '--l1.rpckind', 'standard', '--l1.http-poll-interval', '500ms'],
    // The default of 6m24s would also be the pace of L2 finality.
    ...['--l1.epoch-poll-interval', '1s'],
    ...['--l1.beacon.ignore', '--l1.beacon.slot-duration-override', String(L1_SLOT_SECONDS)],
    ...['--rollup.l1-chain-config', files.l1Genesis, '--rollup.config', files.rollupConfig],
    ...['--l2', at.sourceEngine, '--l2.jwt-secret', files.jwtSecret, '--l2.enginekind', 'geth'],
    ...['--rpc.enable-admin', '--sequencer.enabled', '--sequencer.l1-confs', '0', '--verifier.l1-confs', '0'],
    '--p2p.disable',
  ]);
}

/** Writes the L2 blocks to the L1 as calldata: this is what makes them safe. */
export function startOpBatcher(dir: string, at: Endpoints, privateKey: string): Promise<RunningPart> {
  return start('op-batcher', dir, at.opBatcherPort, 'health_status', [
    ...['--l1-eth-rpc', at.l1, '--l2-eth-rpc', at.sourceHttp, '--rollup-rpc', `http://127.0.0.1:${at.opNodePort}`],
    ...['--private-key', privateKey, '--data-availability-type', 'calldata', '--batch-type', '1'],
    ...['--max-channel-duration', '1', '--sub-safety-margin', '4', '--poll-interval', '500ms'],
    ...['--num-confirmations', '1', '--txmgr.receipt-query-interval', '500ms'],
    // Without throttling it asks nothing of the EL's miner namespace.
    ...['--throttle.unsafe-da-bytes-lower-threshold', '0'],
  ]);
}

async function start(
  program: OpStackProgram,
  dir: string,
  port: number,
  probe: string,
  flags: readonly string[],
): Promise<RunningPart> {
  const binary = await opStackBinary(program);
  const logFile = join(dir, `${program}.log`);
  const child = await spawnSupervised(
    binary,
    ['--rpc.addr', '127.0.0.1', '--rpc.port', String(port), '--log.color=false', ...flags],
    { logFile, cwd: dir },
  );
  const url = `http://127.0.0.1:${port}`;
  const gone = new AbortController();
  void child.exited.then(() => gone.abort());
  const answers = async (): Promise<boolean> => gone.signal.aborted || (await rpcClient(url).call(probe, [])) !== null;
  try {
    await waitUntil(`${program} at ${url} answers`, answers, READY_DEADLINE_MS);
    if (gone.signal.aborted) throw new Error(`${program} exited while starting; see ${logFile}`);
  } catch (error) {
    child.signal('SIGKILL');
    await child.exited;
    throw error;
  }
  return {
    // Both call themselves v0.0.0-dev when they are built from a module; the file name has the version.
    version: basename(binary),
    pid: child.pid,
    logFile,
    urls: { rpc: url },
    el: null,
    stop: () => endProcess(child, STOP_GRACE_MS),
    kill: () => {
      child.signal('SIGKILL');
      return child.exited;
    },
  };
}
