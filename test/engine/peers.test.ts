import { describe, expect, it } from '@jest/globals';
import { PeerCounter } from '../../src/engine/peers.js';
import { type Answer, answering, HttpServer } from '../rig/http-server.js';
import { NEVER, startPair } from './fixture.js';

describe('the peers of an EL', () => {
  it('are counted on its public RPC', async () => {
    const answers: Answer[] = [
      { result: '0x3' },
      { error: { code: -32601, message: 'the method is not available' } },
      { result: 'three' },
    ];
    const rpc = await HttpServer.start(answering(() => answers.shift()!));
    try {
      const { engine } = await startPair({ rpcUrl: rpc.url });
      expect(await engine.peerCount(NEVER)).toBe(3);
      expect(await engine.peerCount(NEVER)).toBeNull();
      expect(await engine.peerCount(NEVER)).toBeNull();
      expect(rpc.methods).toEqual(['net_peerCount', 'net_peerCount', 'net_peerCount']);
      expect(rpc.received[0]?.headers.authorization).toBeUndefined();
    } finally {
      await rpc.close();
    }
  });

  it('are not counted where no public RPC is known or none answers', async () => {
    const { engine } = await startPair();
    expect(await engine.peerCount(NEVER)).toBeNull();
    const nobody = new PeerCounter('http://127.0.0.1:1');
    expect(await nobody.count(NEVER)).toBeNull();
    await nobody.close();
  });

  it('are not waited for after a stop', async () => {
    const counter = new PeerCounter('http://127.0.0.1:1');
    await expect(counter.count(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    await counter.close();
  });
});
