import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { concat, encodeRlp, keccak256, toBeHex } from 'ethers';
import type { Genesis } from '../../devnet/genesis.js';
import { freePort } from '../../devnet/process/free-port.js';
import { endProcess, spawnSupervised, type BoundProcess } from '../../devnet/process/bound-process.js';
import { projectRoot } from '../../devnet/project-root.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { hex, objectOf } from './block-maker.js';

const OP_FORKS = ['regolith', 'canyon', 'ecotone', 'fjord', 'granite', 'holocene'];
const MESSAGE_PASSER = '0x4200000000000000000000000000000000000016';
const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const EIP1559_PARAMETERS = '0x000000fa00000006';

/**
 * A chain of the OP Stack with every fork up to Holocene from the start, or up to Isthmus, from which on the genesis
 * holds the storage root of a contract and hashes otherwise in an EL without the OP Stack.
 */
export function opGenesis(plain: Genesis, lastFork: 'holocene' | 'isthmus'): Genesis {
  const { pragueTime: _, blobSchedule: __, ...config } = plain.config;
  const slot = `0x${'00'.repeat(31)}01`;
  const messagePasser = { balance: '0x0', storage: { [slot]: slot } } as const;
  return {
    ...plain,
    config: {
      ...config,
      bedrockBlock: 0,
      ...Object.fromEntries(OP_FORKS.map((fork) => [`${fork}Time`, 0])),
      ...(lastFork === 'isthmus' && { pragueTime: 0, isthmusTime: 0 }),
      optimism: { eip1559Elasticity: 6, eip1559Denominator: 50, eip1559DenominatorCanyon: 250 },
    },
    extraData: '0x00000000fa00000006',
    alloc: { ...plain.alloc, [MESSAGE_PASSER]: messagePasser },
  };
}

/** What an operator does to make a geth take the genesis of an OP Stack chain at all: it asks for blob parameters. */
export function forGeth(genesis: Genesis, plain: Genesis): Genesis {
  return { ...genesis, config: { ...genesis.config, blobSchedule: plain.config['blobSchedule'] } };
}

/** An op-geth that makes blocks of one L1-attributes deposit each. */
export class OpChain {
  private constructor(
    readonly httpUrl: string,
    readonly engineUrl: string,
    private readonly jwtSecretFile: string,
    private readonly process: BoundProcess,
  ) {}

  static async start(genesis: Genesis, dataDir: string, jwtSecretFile: string): Promise<OpChain> {
    const opGeth = process.env['LOCKSTEP_OP_GETH'] ?? join(projectRoot, '.cache/els/op-geth-1.101702.3');
    if (!existsSync(opGeth)) throw new Error(`there is no op-geth at ${opGeth}; LOCKSTEP_OP_GETH can name one`);
    mkdirSync(dataDir, { recursive: true });
    const genesisFile = join(dataDir, 'genesis.json');
    writeFileSync(genesisFile, JSON.stringify(genesis));
    const place = ['--datadir', join(dataDir, 'db'), '--state.scheme', 'path'];
    await promisify(execFile)(opGeth, ['init', ...place, genesisFile]);
    const [httpPort, enginePort] = [await freePort(), await freePort()];
    const child = await spawnSupervised(
      opGeth,
      [
        ...place,
        ...['--networkid', '1337', '--syncmode', 'full', '--nodiscover', '--maxpeers', '0', '--port', '0'],
        ...['--nat', 'none', '--ipcdisable', '--cache', '128', '--rollup.disabletxpoolgossip'],
        ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(httpPort), '--http.api', 'eth,web3,debug'],
        ...['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(enginePort), '--authrpc.jwtsecret', jwtSecretFile],
      ],
      { logFile: join(dataDir, 'el.log') },
    );
    const urls = [httpPort, enginePort].map((port) => `http://127.0.0.1:${port}`);
    const chain = new OpChain(urls[0] ?? '', urls[1] ?? '', jwtSecretFile, child);
    try {
      await waitUntil('op-geth answers', () => rpcClient(chain.httpUrl).call('eth_chainId', []), READY_DEADLINE_MS);
    } catch (error) {
      await chain.stop();
      throw error;
    }
    return chain;
  }

  async add(count: number): Promise<void> {
    for (let made = 0; made < count; made++) await this.addOne();
  }

  async stop(): Promise<void> {
    await endProcess(this.process, STOP_GRACE_MS);
  }

  private async addOne(): Promise<void> {
    const engine = rpcClient(this.engineUrl, this.jwtSecretFile);
    const parent = objectOf(await rpcClient(this.httpUrl).call('eth_getBlockByNumber', ['latest', false]));
    const parentHash = parent['hash'] ?? null;
    const labels = { safeBlockHash: parentHash, finalizedBlockHash: parentHash };
    const number = Number(parent['number']) + 1;
    const version = parent['requestsHash'] === undefined ? 3 : 4;
    const attributes = {
      timestamp: hex(Number(parent['timestamp']) + 2),
      prevRandao: `0x${'11'.repeat(32)}`,
      suggestedFeeRecipient: '0x4200000000000000000000000000000000000011',
      withdrawals: [],
      parentBeaconBlockRoot: `0x${'33'.repeat(32)}`,
      transactions: [attributesDeposit(number, version)],
      noTxPool: true,
      gasLimit: parent['gasLimit'] ?? null,
      eip1559Params: EIP1559_PARAMETERS,
    };
    const started = await engine.call('engine_forkchoiceUpdatedV3', [
      { headBlockHash: parentHash, ...labels },
      attributes,
    ]);
    const built = objectOf(await engine.call(`engine_getPayloadV${version}`, [objectOf(started)['payloadId'] ?? null]));
    const payload = objectOf(built['executionPayload']);
    const others = [[], attributes.parentBeaconBlockRoot, ...(version === 4 ? [[]] : [])];
    const answer = objectOf(await engine.call(`engine_newPayloadV${version}`, [payload, ...others]));
    if (answer['status'] !== 'VALID') throw new Error(`an own block: ${JSON.stringify(answer)}`);
    await engine.call('engine_forkchoiceUpdatedV3', [{ headBlockHash: payload['blockHash'] ?? null, ...labels }, null]);
  }
}

/** The L1 attributes of Ecotone or Isthmus; the L1 is invented: three L2 blocks to one L1 block. */
function attributesDeposit(l2Number: number, payloadVersion: 3 | 4): string {
  const [number, sequence] = [100 + Math.floor(l2Number / 3), l2Number % 3];
  const l1Hash = keccak256(toBeHex(number, 32));
  const integers = [sequence, 1_700_000_000 + 12 * number, number].map((value) => toBeHex(value, 8));
  const [selector, operatorFee] = payloadVersion === 3 ? ['0x440a5e20', '0x'] : ['0x098999be', toBeHex(0, 12)];
  const data = concat([
    selector,
    toBeHex(1, 4),
    toBeHex(1, 4),
    ...integers,
    toBeHex(7, 32),
    toBeHex(1, 32),
    l1Hash,
    toBeHex(0, 32),
    operatorFee,
  ]);
  const sourceHash = keccak256(concat([toBeHex(1, 32), keccak256(concat([l1Hash, toBeHex(sequence, 32)]))]));
  const from = '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001';
  const to = '0x4200000000000000000000000000000000000015';
  return concat(['0x7e', encodeRlp([sourceHash, from, to, '0x', '0x', '0x0f4240', '0x', data])]);
}
