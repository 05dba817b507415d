import { rpcClient } from '../../devnet/rpc.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { Hash } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { encodeDecoded, FIELD, hashOfHeader } from '../payload/sealed-block.js';
import { decodeBlock } from '../payload/vectors.js';
import type { FaultProxy } from '../../devnet/proxy/fault-proxy.js';

interface ForgedBlock {
  readonly hash: Hash;
  readonly raw: string;
  readonly json: JsonObject;
}

/**
 * A branch of blocks that promise another state than their transactions make. Each is sound in itself and has the one before
 * as its parent, so only execution finds out.
 */
export async function forgeBranch(sourceUrl: string, from: number, to: number): Promise<readonly ForgedBlock[]> {
  await initKeccak();
  const source = rpcClient(sourceUrl);
  const forged: ForgedBlock[] = [];
  for (let number = from; number <= to; number += 1) {
    const height = `0x${number.toString(16)}`;
    const raw = await source.call('debug_getRawBlock', [height]);
    const real = await source.call('eth_getBlockByNumber', [height, false]);
    if (typeof raw !== 'string' || !isJsonObject(real)) throw new Error(`the source has no block ${number}`);
    const block = decodeBlock(raw);
    const [header] = block;
    const parent = forged.at(-1);
    if (parent !== undefined) header[FIELD.parentHash] = parent.hash;
    const stateRoot = `0x${'22'.repeat(32)}`;
    header[FIELD.stateRoot] = stateRoot;
    const hash = hashOfHeader(block);
    const json = { ...real, hash, stateRoot, parentHash: parent?.hash ?? real['parentHash'] ?? null };
    forged.push({ hash, raw: encodeDecoded(block), json });
  }
  return forged;
}

/** From now on the proxy shows these blocks, the last one as the head. */
export function serveBranch(proxy: FaultProxy, blocks: readonly ForgedBlock[]): void {
  const serve = (method: string, tag: string, result: JsonValue): void => {
    const text = ({ id }: { readonly id: JsonValue }): string => JSON.stringify({ jsonrpc: '2.0', id, result });
    proxy.inject({ match: { method, tag }, fault: { kind: 'text', text } });
  };
  for (const { hash, raw, json } of blocks) {
    const height = `0x${Number(json['number']).toString(16)}`;
    for (const tag of [height, hash]) serve('debug_getRawBlock', tag, raw);
    serve('eth_getBlockByNumber', height, json);
    serve('eth_getBlockByHash', hash, json);
  }
  serve('eth_getBlockByNumber', 'latest', blocks.at(-1)?.json ?? null);
}
