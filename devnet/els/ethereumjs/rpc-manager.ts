import type { EthereumClient } from '@ethereumjs/client/dist/esm/src/client.js';
import { RPCManager } from '@ethereumjs/client/dist/esm/src/rpc/index.js';
import { equalsBytes, hexToBytes, isHexString } from '@ethereumjs/util';
import { isJsonObject } from '../../../src/util/json.js';

type RpcMethod = (params: readonly unknown[]) => Promise<unknown>;

/**
 * The client executes a payload only on a parent that it executed in this run or that is its head. This manager
 * lets it also see an older canonical parent whose state it still has, so that siblings work after a restart.
 */
export class ParentAwareRpcManager extends RPCManager {
  constructor(private readonly client: EthereumClient) {
    super(client, client.config);
  }

  override getMethods(engine?: boolean, rpcDebug?: boolean): Record<string, RpcMethod> {
    const methods = super.getMethods(engine, rpcDebug) as Record<string, RpcMethod>;
    for (const [name, method] of Object.entries(methods)) {
      if (!name.startsWith('engine_newPayloadV')) continue;
      methods[name] = async (params) => {
        await this.admitParent(params[0]);
        return method(params);
      };
    }
    return methods;
  }

  private async admitParent(payload: unknown): Promise<void> {
    const parentHash = isJsonObject(payload) ? payload['parentHash'] : undefined;
    if (typeof parentHash !== 'string' || !isHexString(parentHash, 32)) return;
    const { blockchain, blockCache } = this.client.chain;
    const hash = hexToBytes(parentHash);
    const key = parentHash.slice(2).toLowerCase();
    if (blockCache.executedBlocks.has(key)) return;
    const parent = await this.client.chain.getBlock(hash).catch(() => null);
    if (parent === null) return;
    const canonical = await blockchain.safeNumberToHash(parent.header.number);
    if (canonical === false || !equalsBytes(canonical, hash)) return;
    const executedHead = await blockchain.getIteratorHead();
    if (parent.header.number > executedHead.header.number) return;
    if (!(await this.client.service.execution.vm.stateManager.hasStateRoot(parent.header.stateRoot))) return;
    blockCache.executedBlocks.set(key, parent);
  }
}
