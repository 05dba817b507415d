import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHeads } from '../../devnet/heads.js';
import { isAlive } from '../../devnet/process/bound-process.js';
import { isFree } from '../../devnet/process/free-port.js';
import { createProducer } from '../../devnet/producer/producer.js';
import { rpcClient } from '../../devnet/rpc.js';
import { PRODUCER, Scratch } from './scratch.js';

/** What geth 1.17.7 computes for the chain of seed 1; test/els asks geth itself. */
const GENESIS_HASH = '0xd274a8ab672041761948f4bc24aac1bcd1d2acb27d825c85ad0a980946711608';

let scratch: Scratch;

beforeAll(() => {
  scratch = new Scratch();
});

afterAll(() => scratch.remove());

function portOf(url: string): number {
  return Number(new URL(url).port);
}

describe('launchEl with ethereumjs', () => {
  it('serves both ports, keeps the engine port for holders of the secret, and leaves nothing when stopped', async () => {
    const el = await scratch.launch('ethereumjs', 'plain');
    expect(el.version).toMatch(/^EthereumJS\/0\.10\.5\//);
    const { unsafe, safe, finalized } = await readHeads(rpcClient(el.httpUrl));
    expect(unsafe).toMatchObject({ number: 0, hash: GENESIS_HASH });
    expect([safe, finalized]).toEqual([null, null]);

    await expect(rpcClient(el.engineUrl).call('eth_chainId', [])).rejects.toThrow('401');
    const wrongSecret = join(scratch.dir, 'wrong.hex');
    writeFileSync(wrongSecret, '00'.repeat(32));
    await expect(rpcClient(el.engineUrl, wrongSecret).call('eth_chainId', [])).rejects.toThrow('401');
    await expect(rpcClient(el.engineUrl, el.jwtSecretFile).call('eth_chainId', [])).resolves.toBe('0x539');
    await expect(rpcClient(el.httpUrl).call('engine_exchangeCapabilities', [[]])).rejects.toMatchObject({
      code: -32601,
    });

    expect(await el.stop()).toEqual({ code: 0, signal: null });
    expect(isAlive(el.pid)).toBe(false);
    expect(await isFree(portOf(el.httpUrl))).toBe(true);
    expect(await isFree(portOf(el.engineUrl))).toBe(true);
  });

  it('forgets its chain when it is not persistent', async () => {
    const before = await scratch.launch('ethereumjs', 'memory');
    await (await createProducer(before, PRODUCER)).produce(1);
    await before.stop();
    const after = await scratch.launch('ethereumjs', 'memory');
    expect((await readHeads(rpcClient(after.httpUrl))).unsafe.number).toBe(0);
    await after.kill();
  });

  it.each(['stop', 'kill'] as const)('continues a persistent chain after %s, on the same ports', async (end) => {
    const before = await scratch.launch('ethereumjs', `disk-${end}`, { persistent: true });
    const producer = await createProducer(before, PRODUCER);
    const [, , , fourth, , sixth] = await producer.produce(6);
    await before[end]();

    const ports = { httpPort: portOf(before.httpUrl), enginePort: portOf(before.engineUrl) };
    const after = await scratch.launch('ethereumjs', `disk-${end}`, { persistent: true, ...ports });
    expect(after.engineUrl).toBe(before.engineUrl);
    expect((await readHeads(rpcClient(after.httpUrl))).unsafe).toEqual(sixth);

    const again = await createProducer(after, PRODUCER);
    await again.produce(1);
    const branch = await again.fork(4, 2);
    expect(branch[0]).toMatchObject({ number: 5, parentHash: fourth!.hash });
    expect((await readHeads(rpcClient(after.httpUrl))).unsafe).toEqual(branch[1]);
    await after.kill();
  });

  it('reports the end of the log when the EL cannot start', async () => {
    const running = await scratch.launch('ethereumjs', 'first');
    const taken = { httpPort: portOf(running.httpUrl) };
    await expect(scratch.launch('ethereumjs', 'second', taken)).rejects.toThrow('EADDRINUSE');
    await running.kill();
  });
});
