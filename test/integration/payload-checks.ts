import { rpcClient } from '../../devnet/rpc.js';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import type { FollowWorld } from '../rig/follow-world.js';
import type { SeenPayload, WireLog } from '../../devnet/proxy/wire-log.js';

/** Payloads the EL was sent that are no block of the source's chain as it is now. */
export async function foreignPayloads({ rig, engine }: FollowWorld): Promise<readonly SeenPayload[]> {
  const sent = engine.log.payloads;
  const params = (number: JsonValue): JsonValue[] => [number, false];
  const calls = sent.map(({ number }) => ({ method: 'eth_getBlockByNumber', params: params(number) }));
  const blocks = await rpcClient(rig.source.httpUrl).batch(calls);
  return sent.filter(({ hash }, index) => {
    const block = blocks[index];
    return block?.ok !== true || !isJsonObject(block.result) || block.result['hash'] !== hash;
  });
}

/** Payloads that were sent more than once. */
export function repeatedPayloads({ payloads }: WireLog): readonly JsonValue[] {
  const hashes = payloads.map(({ hash }) => hash);
  return hashes.filter((hash, index) => hashes.indexOf(hash) !== index);
}
