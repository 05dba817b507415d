import { isDeepStrictEqual } from 'node:util';
import { JsonRpcProvider } from 'ethers/providers';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batcherAccount } from '../../devnet/op-stack/l1.js';
import { startOpBatcher } from '../../devnet/op-stack/programs.js';
import { rpcClient } from '../../devnet/rpc.js';
import type { RunningDevnet } from '../../devnet/stack/running-devnet.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';

/** The same call to op-node and to lockstep, as `cast rpc` would make it. */
export async function askBoth(
  devnet: RunningDevnet,
  method: string,
  params: readonly JsonValue[] = [],
): Promise<{ readonly opNode: JsonValue; readonly lockstep: JsonValue }> {
  const ask = async (part: string): Promise<JsonValue> => {
    const provider = new JsonRpcProvider(devnet.url(part, 'rpc'), devnet.chainId, { staticNetwork: true });
    try {
      return (await provider.send(method, [...params])) as JsonValue;
    } finally {
      provider.destroy();
    }
  };
  const [opNode, lockstep] = await Promise.all([ask('op-node'), ask('lockstep')]);
  return { opNode, lockstep };
}

/**
 * Waits until lockstep answers for the heads that op-node answers for, word for word in every key that op-node has, and
 * gives the safe head. The two move on their own, so what is compared is found by asking both again and again.
 */
export async function untilSameStatus(devnet: RunningDevnet, timeoutMs: number): Promise<number> {
  let last: unknown = null;
  const same = async (): Promise<number | null> => {
    const { opNode, lockstep } = await askBoth(devnet, 'optimism_syncStatus');
    if (!isJsonObject(opNode) || !isJsonObject(lockstep)) throw new Error('no sync status');
    const shown = Object.fromEntries(Object.keys(opNode).map((key) => [key, lockstep[key]]));
    last = differences(opNode, lockstep);
    return isDeepStrictEqual(shown, opNode) ? (numberOf(opNode['safe_l2']) ?? null) : null;
  };
  try {
    return await waitUntil('lockstep and op-node answer the same', same, timeoutMs);
  } catch (error) {
    throw new Error(`what differed last: ${JSON.stringify(last, null, 1)}`, { cause: error });
  }
}

function differences(one: JsonObject, other: JsonObject): JsonObject {
  const keys = Object.keys(one).filter((key) => !isDeepStrictEqual(one[key], other[key]));
  return Object.fromEntries(keys.map((key) => [key, [one[key] ?? null, other[key] ?? null]]));
}

function numberOf(ref: JsonValue | undefined): number | undefined {
  return isJsonObject(ref) && typeof ref['number'] === 'number' ? ref['number'] : undefined;
}

/**
 * Puts an op-batcher in the place of that of the devnet which knows lockstep and its EL alone, and waits until blocks
 * that it has batched are safe for op-node, which reads them from the L1.
 */
export async function batchThroughLockstep(devnet: RunningDevnet, timeoutMs: number): Promise<void> {
  const portOf = (part: string): number => Number(new URL(devnet.url(part, 'rpc')).port);
  await devnet.end('op-batcher', 'SIGKILL');
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-batcher-'));
  try {
    const endpoints = {
      l1: devnet.url('l1', 'http'),
      sourceHttp: devnet.url('follower', 'http'),
      sourceEngine: devnet.url('follower', 'engine'),
      opNodePort: portOf('lockstep'),
      opBatcherPort: portOf('op-batcher'),
    };
    const batcher = await startOpBatcher(dir, endpoints, batcherAccount(devnet.seed).privateKey);
    try {
      const opNode = rpcClient(devnet.url('op-node', 'rpc'));
      const head = (await devnet.authorityHeads()).unsafe.number;
      const isSafe = async (): Promise<boolean> => {
        const status = await opNode.call('optimism_syncStatus', []);
        return isJsonObject(status) && (numberOf(status['safe_l2']) ?? 0) > head + 3;
      };
      await waitUntil('blocks that were batched through lockstep are safe', isSafe, timeoutMs);
    } finally {
      await batcher.kill();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
