import { type FixtureBlock, quantity } from './chain.js';
import { fromHex, rlpBytes, rlpList } from './rlp.js';

/** One block in every form that a source serves, as JSON text made when it is asked for. */
export interface ServedBlock {
  readonly number: number;
  readonly hash: string;
  raw(): string;
  full(): string;
  light(): string;
  header(): string;
}

export function served(block: FixtureBlock): ServedBlock {
  return {
    number: block.number,
    hash: block.hash,
    raw: () => rawForm(block),
    full: () => fullForm(block),
    light: () => lightForm(block),
    header: () => headerForm(block),
  };
}

/** `debug_getRawBlock`: the RLP of the block as a JSON string. */
export function rawForm({ headerRlp, transactions }: FixtureBlock): string {
  const items = transactions.map(({ raw }) => rlpBytes(fromHex(raw)));
  return `"0x${rlpList([headerRlp, rlpList(items), rlpList([]), rlpList([])]).toString('hex')}"`;
}

/** `eth_getBlockBy*` with whole transactions, as JSON text. */
export function fullForm(block: FixtureBlock): string {
  const place = `"blockHash":"${block.hash}","blockNumber":"${quantity(block.number)}"`;
  const items = block.transactions.map(
    ({ json }, index) => `${json},${place},"transactionIndex":"${quantity(index)}"}`,
  );
  return blockJson(block, items);
}

/** `eth_getBlockBy*` with the hashes of its transactions. */
function lightForm(block: FixtureBlock): string {
  return blockJson(
    block,
    block.transactions.map(({ hash }) => `"${hash}"`),
  );
}

/** `eth_getHeaderBy*`: no transactions at all. */
function headerForm(block: FixtureBlock): string {
  return JSON.stringify({ hash: block.hash, ...block.header });
}

function blockJson(block: FixtureBlock, transactions: readonly string[]): string {
  const facts = JSON.stringify({ hash: block.hash, ...block.header, size: '0x0', uncles: [], withdrawals: [] });
  return `${facts.slice(0, -1)},"transactions":[${transactions.join(',')}]}`;
}

/** The params of engine_newPayloadV3 as JSON text. */
export function newPayloadForm({ hash, header, transactions }: FixtureBlock): string {
  const payload = {
    parentHash: header['parentHash'],
    feeRecipient: header['miner'],
    stateRoot: header['stateRoot'],
    receiptsRoot: header['receiptsRoot'],
    logsBloom: header['logsBloom'],
    prevRandao: header['mixHash'],
    blockNumber: header['number'],
    gasLimit: header['gasLimit'],
    gasUsed: header['gasUsed'],
    timestamp: header['timestamp'],
    extraData: header['extraData'],
    baseFeePerGas: header['baseFeePerGas'],
    blockHash: hash,
    transactions: transactions.map(({ raw }) => raw),
    withdrawals: [],
    blobGasUsed: header['blobGasUsed'],
    excessBlobGas: header['excessBlobGas'],
  };
  return JSON.stringify([payload, [], header['parentBeaconBlockRoot']]);
}
