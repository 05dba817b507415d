import { Signature } from 'ethers/crypto';
import { JsonRpcProvider } from 'ethers/providers';
import { Transaction } from 'ethers/transaction';
import { FetchRequest } from 'ethers/utils';
import { buildPayload } from '../../../src/payload/build.js';
import { encodeTransaction } from '../../../src/payload/encode-transaction.js';
import { JsonFields } from '../../../src/payload/json-fields.js';
import { verifyBlock } from '../../../src/payload/verify.js';
import { isJsonObject, type JsonObject } from '../../../src/util/json.js';
import { forkchoiceBody, type PreparedBlock } from '../floor.js';

export interface FollowerOptions {
  readonly sourceUrl: string;
  readonly engineUrl: string;
  readonly bearer: () => string;
  readonly blocks: number;
}

/** Fetch a block, send it, make it the head, and only then look at the next one: how base-consensus follows (performance 3.1). */
export async function followInTurn({ sourceUrl, engineUrl, bearer, blocks }: FollowerOptions): Promise<void> {
  for (let number = 1; number <= blocks; number += 1) {
    const call = { jsonrpc: '2.0', id: number, method: 'eth_getBlockByNumber', params: [hex(number), true] };
    const { result } = (await post(sourceUrl, JSON.stringify(call), null)) as { result: JsonObject };
    const payload = buildPayload(verifyBlock({ form: 'json', block: result }, { number }), []);
    requireValid(await post(engineUrl, payload.request, bearer()));
    requireValid(await post(engineUrl, forkchoiceBody(payload.ref.hash), bearer()));
  }
}

/** So many newPayloads lockstep sends in one call at most, and a forkchoice after it. */
const BLOCKS_PER_CALL = 32;

/** What lockstep sends when it is far behind, made beforehand: no follower that waits for verdicts is faster. */
export async function replayInBatches(
  engineUrl: string,
  blocks: readonly PreparedBlock[],
  bearer: () => string,
): Promise<void> {
  for (let first = 0; first < blocks.length; first += BLOCKS_PER_CALL) {
    const group = blocks.slice(first, first + BLOCKS_PER_CALL);
    const requests = group.map(({ newPayload }, index) =>
      newPayload.toString('latin1').replace('"id":1,', `"id":${index + 1},`),
    );
    const answers = await post(engineUrl, `[${requests.join(',')}]`, bearer());
    if (!Array.isArray(answers) || answers.length !== group.length) throw new Error('a batch was not answered in full');
    answers.forEach(requireValid);
    requireValid(await post(engineUrl, group.at(-1)?.forkchoice ?? '', bearer()));
  }
}

async function post(url: string, body: string | Buffer, bearer: string | null): Promise<unknown> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (bearer !== null) headers['authorization'] = `Bearer ${bearer}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  return response.json();
}

/** The same with two ethers providers as they come, transaction objects and all: what a script of an afternoon does. */
export async function followNaively({ sourceUrl, engineUrl, bearer, blocks }: FollowerOptions): Promise<void> {
  const source = new JsonRpcProvider(sourceUrl, undefined, { staticNetwork: true });
  const request = new FetchRequest(engineUrl);
  request.preflightFunc = (prepared) => {
    prepared.setHeader('authorization', `Bearer ${bearer()}`);
    return Promise.resolve(prepared);
  };
  const engine = new JsonRpcProvider(request, 1, { staticNetwork: true });
  try {
    for (let number = 1; number <= blocks; number += 1) {
      const block = (await source.send('eth_getBlockByNumber', [hex(number), true])) as JsonObject;
      requireValid(await engine.send('engine_newPayloadV4', payloadParams(block)));
      const hash = textOf(block, 'hash');
      const zero = `0x${'00'.repeat(32)}`;
      const state = { headBlockHash: hash, safeBlockHash: zero, finalizedBlockHash: zero };
      requireValid(await engine.send('engine_forkchoiceUpdatedV3', [state, null]));
    }
  } finally {
    source.destroy();
    engine.destroy();
  }
}

function payloadParams(block: JsonObject): unknown[] {
  const transactions = Array.isArray(block['transactions']) ? block['transactions'].filter(isJsonObject) : [];
  const isOpStack = transactions[0]?.['type'] === '0x7e';
  const payload = {
    parentHash: block['parentHash'],
    feeRecipient: block['miner'],
    stateRoot: block['stateRoot'],
    receiptsRoot: block['receiptsRoot'],
    logsBloom: block['logsBloom'],
    prevRandao: block['mixHash'],
    blockNumber: block['number'],
    gasLimit: block['gasLimit'],
    gasUsed: block['gasUsed'],
    timestamp: block['timestamp'],
    extraData: block['extraData'],
    baseFeePerGas: block['baseFeePerGas'],
    blockHash: block['hash'],
    transactions: transactions.map(rawTransaction),
    withdrawals: block['withdrawals'],
    blobGasUsed: block['blobGasUsed'],
    excessBlobGas: block['excessBlobGas'],
    ...(isOpStack && { withdrawalsRoot: block['withdrawalsRoot'] }),
  };
  return [payload, [], block['parentBeaconBlockRoot'], []];
}

/** ethers knows no deposits and no transactions that set code as a source serves them: those two are encoded by lockstep. */
function rawTransaction(served: JsonObject): string {
  const type = Number(served['type']);
  if (type > 2) return `0x${withoutStringHeader(encodeTransaction(new JsonFields(served, 'the transaction')))}`;
  const text = (field: string): string => textOf(served, field);
  const fees =
    type === 2
      ? { maxFeePerGas: text('maxFeePerGas'), maxPriorityFeePerGas: text('maxPriorityFeePerGas') }
      : { gasPrice: text('gasPrice') };
  return Transaction.from({
    type,
    chainId: text('chainId'),
    nonce: Number(served['nonce']),
    gasLimit: text('gas'),
    to: served['to'] === null ? null : text('to'),
    value: text('value'),
    data: text('input'),
    ...fees,
    ...(type > 0 && { accessList: served['accessList'] as { address: string; storageKeys: string[] }[] }),
    signature: Signature.from({ r: padded(text('r')), s: padded(text('s')), v: text('v') }),
  }).serialized;
}

function textOf(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value !== 'string') throw new Error(`the source served no ${field}`);
  return value;
}

/** The content of an RLP string as hex: in a block, a typed transaction is one. */
function withoutStringHeader(item: string): string {
  const lengthBytes = Math.max(0, Number.parseInt(item.slice(0, 2), 16) - 0xb7);
  return item.slice(2 * (1 + lengthBytes));
}

/** A quantity without leading zeros, as ethers does not take it. */
function padded(quantity: string): string {
  return `0x${quantity.slice(2).padStart(64, '0')}`;
}

function requireValid(answer: unknown): void {
  const text = JSON.stringify(answer);
  if (!text.includes('"VALID"')) throw new Error(`the EL answered ${text}`);
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
