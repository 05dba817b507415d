import type { EthereumClient } from '@ethereumjs/client/dist/esm/src/client.js';
import { RPCManager } from '@ethereumjs/client/dist/esm/src/rpc/index.js';
import { equalsBytes, hexToBytes, isHexString } from '@ethereumjs/util';
import { isJsonObject } from '../../../src/util/json.js';

type RpcMethod = (params: readonly unknown[]) => Promise<unknown>;

/** Which field of the first parameter names a block that the call takes for executed. */
const EXECUTED_BLOCK_FIELD: readonly (readonly [method: RegExp, field: string])[] = [
  [/^engine_newPayloadV/, 'parentHash'],
  [/^engine_forkchoiceUpdatedV/, 'headBlockHash'],
];

/**
 * The client knows of few executed blocks: those of this run above its finalized block, and its head. For a payload
 * on an older parent, or a rewind to an older block, it says SYNCING for ever, after a restart in particular. This
 * manager reminds it of any canonical block whose state it still has.
 */
export class RemindingRpcManager extends RPCManager {
  constructor(private readonly client: EthereumClient) {
    super(client, client.config);
  }

  override getMethods(engine?: boolean, rpcDebug?: boolean): Record<string, RpcMethod> {
    const methods = super.getMethods(engine, rpcDebug) as Record<string, RpcMethod>;
    for (const [name, method] of Object.entries(methods)) {
      const field = EXECUTED_BLOCK_FIELD.find(([pattern]) => pattern.test(name))?.[1];
      if (field === undefined) continue;
      methods[name] = async (params) => {
        const subject = params[0];
        if (isJsonObject(subject)) await this.remind(subject[field]);
        return method(params);
      };
    }
    return methods;
  }

  private async remind(blockHash: unknown): Promise<void> {
    if (typeof blockHash !== 'string' || !isHexString(blockHash, 32)) return;
    const { blockchain, blockCache } = this.client.chain;
    const key = blockHash.slice(2).toLowerCase();
    if (blockCache.executedBlocks.has(key)) return;
    const hash = hexToBytes(blockHash);
    const block = await this.client.chain.getBlock(hash).catch(() => null);
    if (block === null) return;
    const { number, stateRoot } = block.header;
    const canonical = await blockchain.safeNumberToHash(number);
    if (canonical === false || !equalsBytes(canonical, hash)) return;
    const executedHead = await blockchain.getIteratorHead();
    if (number > executedHead.header.number) return;
    if (!(await this.client.service.execution.vm.stateManager.hasStateRoot(stateRoot))) return;
    blockCache.executedBlocks.set(key, block);
  }
}
