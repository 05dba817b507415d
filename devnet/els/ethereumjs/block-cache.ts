import type { Blockchain } from '@ethereumjs/blockchain';
import { bytesToHex } from '@ethereumjs/util';

type DbManager = Blockchain['dbManager'];
type Block = NonNullable<Awaited<ReturnType<DbManager['getBlock']>>>;

const REMEMBERED_MAX = 200;

/**
 * The client reads a block from its database many times, and each time decodes all its transactions. Blocks are never
 * changed, so those that were decoded last are kept; whether the database still has one is asked each time.
 */
export function rememberBlocks(manager: DbManager): void {
  const remembered = new Map<string, Block>();
  const read = manager.getBlock.bind(manager);
  manager.getBlock = async (id) => {
    const hash = id instanceof Uint8Array ? id : await manager.numberToHash(BigInt(id));
    if (hash === undefined) return undefined;
    await manager.hashToNumber(hash);
    const key = bytesToHex(hash);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const block = await read(hash);
    if (block === undefined) return undefined;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(key, block);
    return block;
  };
}
