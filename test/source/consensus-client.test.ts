import { afterEach, describe, expect, it } from '@jest/globals';
import { createConsensusClient } from '../../src/source/consensus-client.js';
import type { ConsensusClient } from '../../src/source/source.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { type Answer, answering, type HttpServer, send } from '../rig/http-server.js';
import { closeAll, error, failure, hash, never, result, serve, sourceOptions } from './fixture.js';
import { opNodeStatus, ZERO_L1, ZERO_L2 } from './op-node-status.js';

const opened: ConsensusClient[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
  await closeAll();
});

async function clientOf(answer: Answer, path = ''): Promise<{ server: HttpServer; client: ConsensusClient }> {
  const server = await serve(answering(() => answer));
  return { server, client: open(`${server.url}${path}`) };
}

function open(url: string): ConsensusClient {
  const client = createConsensusClient(sourceOptions(url));
  opened.push(client);
  return client;
}

const REF = {
  number: 33,
  hash: '0x21a10e85a35a417dced52fb65d7c734cb708d5b1df8dfca0b69ac3fe37a18992',
  parentHash: '0xf6eb3d80f08b5c7e90d0005b4dbc4f805eb5a50c6cae2afcde807604198eccd8',
  timestamp: 1795224609,
};
const L1_REF = {
  number: 13,
  hash: '0x2814858714c2077499061d00801653592b18109ceb91f68fc7a018e3a97171ab',
  parentHash: '0x5b484fc84c2f99181b242147896b174c3196ee526caed17ca405249f288f0b40',
  timestamp: 1795224614,
};
const READ = {
  unsafe: REF,
  safe: REF,
  finalized: null,
  localSafe: REF,
  currentL1: L1_REF,
  l1: { head: L1_REF, safe: L1_REF, finalized: L1_REF },
};

describe('the sync status', () => {
  it('of op-node is read by one call, to the path of the URL, into known fields only', async () => {
    const { server, client } = await clientOf(result(opNodeStatus()), '/901?key=x');
    expect(await client.syncStatus(never())).toEqual(READ);
    expect(server.received.map(({ path }) => path)).toEqual(['/901?key=x']);
    expect(server.methods).toEqual(['optimism_syncStatus']);
    expect(client.name).toBe(server.url);
  });

  it('may have more keys (cross_unsafe_l2 of kona and older op-nodes), of any form', async () => {
    const { client } = await clientOf(result(opNodeStatus({ cross_unsafe_l2: ZERO_L2, queued_unsafe_l2: null })));
    expect(await client.syncStatus(never())).toEqual(READ);
  });

  it('may lack local_safe_l2', async () => {
    const { local_safe_l2: _, ...rest } = opNodeStatus();
    const { client } = await clientOf(result(rest));
    expect(await client.syncStatus(never())).toEqual({ ...READ, localSafe: null });
  });

  it('has a block of zeros for what is not known, which is not block 0 (op #20295)', async () => {
    const zeros = { safe_l2: ZERO_L2, local_safe_l2: ZERO_L2, current_l1: ZERO_L1 };
    const { client } = await clientOf(result(opNodeStatus(zeros)));
    expect(await client.syncStatus(never())).toEqual({ ...READ, safe: null, localSafe: null, currentL1: null });
  });

  it('keeps a genesis, whose hash is not zero', async () => {
    const genesis = { ...ZERO_L2, hash: hash(7), timestamp: 1795224600 };
    const { client } = await clientOf(result(opNodeStatus({ finalized_l2: genesis })));
    const { finalized } = await client.syncStatus(never());
    expect(finalized).toEqual({ number: 0, hash: hash(7), parentHash: hash(0), timestamp: 1795224600 });
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['an array', [opNodeStatus()]],
    ['text', 'ok'],
    ['nothing in it', {}],
    ['no head yet', opNodeStatus({ unsafe_l2: ZERO_L2 })],
    ['null for a label', opNodeStatus({ safe_l2: null })],
    ['null for the local safe block', opNodeStatus({ local_safe_l2: null })],
    ['no current_l1', { ...opNodeStatus(), current_l1: null }],
  ])('is refused with %s', async (_what, value) => {
    const { client } = await clientOf(result(value));
    expect((await failure(client.syncStatus(never()))).code).toBe('SOURCE_SCHEMA');
  });

  it.each(
    [
      ['number', '"0x21"'],
      ['number', '-1'],
      ['number', '1.5'],
      ['number', '1e400'],
      ['number', '9007199254740993'],
      ['number', '17592186044417'],
      ['number', 'null'],
      ['timestamp', '99999999999999'],
      ['hash', `"${hash(0)}"`],
      ['hash', '"0x12"'],
      ['hash', '33'],
      ['parentHash', 'null'],
    ].map(([field = '', value = '']) => ({ field, value })),
  )('is refused with the $field $value in a block', async ({ field, value }) => {
    const safe = { ...(opNodeStatus()['safe_l2'] as JsonObject), [field]: '@' };
    const server = await serve(({ calls }, response) => {
      const reply = { jsonrpc: '2.0', id: calls[0]?.id, result: opNodeStatus({ safe_l2: safe }) };
      send(response, JSON.stringify(reply).replace('"@"', value));
    });
    const refused = await failure(open(server.url).syncStatus(never()));
    expect(refused.code).toBe('SOURCE_SCHEMA');
    expect(refused.message).toContain(`--l2.follow.source.cl ${server.url}: ${field} of safe_l2`);
  });

  it('is not asked of an execution client again: it is told apart by the unknown method', async () => {
    const { client, server } = await clientOf(error(-32601, 'the method optimism_syncStatus does not exist'));
    const refused = await failure(client.syncStatus(never()));
    expect(refused.code).toBe('SOURCE_NOT_CL');
    expect(refused.fix).toContain('--l2.follow.source.cl');
    expect(refused.message).toContain(server.url);
    expect(server.methods).toHaveLength(1);
  });

  it('larger than a megabyte is refused, whatever the source may send', async () => {
    const { client } = await clientOf(result(opNodeStatus({ padding: 'x'.repeat(2 ** 20) })));
    expect((await failure(client.syncStatus(never()))).code).toBe('SOURCE_OVERSIZE');
  });

  it.each<[string, Answer, string]>([
    ['an error object', error(-32000, 'not ready'), 'SOURCE_RPC_ERROR'],
    ['a rate limit', error(-32005, 'slow down'), 'SOURCE_THROTTLED'],
  ])('that is %s fails with an error that names the consensus client and no credentials', async (_, answer, code) => {
    const { server } = await clientOf(answer);
    const client = open(`${server.url.replace('http://', 'http://user:pass@')}/901/secret`);
    const refused = await failure(client.syncStatus(never()));
    expect(refused).toMatchObject({ code, data: { method: 'optimism_syncStatus' } });
    expect(refused.message).toContain(`--l2.follow.source.cl ${server.url}: optimism_syncStatus answered`);
    expect(refused.message).not.toMatch(/pass|secret/);
  });

  it('of a client that is not there fails with an error that names it once', async () => {
    const { server, client } = await clientOf(result(null));
    const { url } = server;
    await server.close();
    const refused = await failure(client.syncStatus(never()));
    expect(refused.code).toBe('SOURCE_UNREACHABLE');
    expect(refused.message.split(url)).toHaveLength(2);
    expect(refused.message).toContain('--l2.follow.source.cl');
  });
});

describe('the chain of a consensus client', () => {
  const CONFIG: JsonObject = {
    genesis: { l1: { hash: hash(1), number: 0 }, l2: { hash: hash(2), number: 105_235_063 }, l2_time: 1_686_068_903 },
    ...{ block_time: 2, l1_chain_id: 1, l2_chain_id: 10 },
  };

  it('is read from its rollup configuration, whose first block need not be 0', async () => {
    const { client, server } = await clientOf(result(CONFIG));
    const genesis = { number: 105_235_063, hash: hash(2) };
    expect(await client.chain(never())).toEqual({ chainId: 10, genesis, config: CONFIG });
    expect(server.methods).toEqual(['optimism_rollupConfig']);
  });

  it('is not told by a client without the method', async () => {
    const { client } = await clientOf(error(-32601));
    expect(await client.chain(never())).toBeNull();
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['no genesis', { ...CONFIG, genesis: null }],
    ['no L2 genesis', { ...CONFIG, genesis: {} }],
    ['the chain id in hex', { ...CONFIG, l2_chain_id: '0xa' }],
    ['a zero genesis', { ...CONFIG, genesis: { l2: { hash: hash(0), number: 0 } } }],
  ])('is refused with %s', async (_what, value) => {
    const { client } = await clientOf(result(value));
    expect((await failure(client.chain(never()))).code).toBe('SOURCE_SCHEMA');
  });
});
