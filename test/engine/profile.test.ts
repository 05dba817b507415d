import { describe, expect, it } from '@jest/globals';
import { engineProfile, supportsOpStack } from '../../src/engine/profile.js';

const OP = ['engine_signalSuperchainV1'];

describe('the engine profile', () => {
  it.each<[string | null, readonly string[], string, number]>([
    [null, ['engine_newPayload'], 'ethereumjs', 1],
    ['go-ethereum 1.17.7-stable', [], 'geth', 32],
    ['Geth 1.13.0', [], 'geth', 32],
    ['go-ethereum 0.1.0-untagged', OP, 'op-geth', 32],
    ['Reth 2.5.1', [], 'reth', 32],
    ['OP-Reth 1.10.2', OP, 'op-reth', 32],
    ['base-reth-node 0.1', OP, 'op-reth', 32],
    ['Nethermind 1.36', [], 'unknown', 1],
    [null, [], 'unknown', 1],
    [null, OP, 'unknown', 1],
  ])('of %s with %j is %s, with a forkchoice every %d blocks', (clientVersion, capabilities, kind, blocks) => {
    const profile = engineProfile({ clientVersion, capabilities });
    expect(profile).toMatchObject({ kind, maxBlocksPerForkchoice: blocks });
  });
});

describe('support for the OP Stack', () => {
  it.each<[string | null, readonly string[], boolean | null]>([
    ['go-ethereum 1.17.7-stable', [], false],
    ['Geth 1.13.0', [], false],
    ['Reth 2.5.1', [], false],
    ['go-ethereum 0.1.0-untagged', OP, true],
    ['OP-Reth 1.10.2', OP, true],
    ['OP-Reth 9.0.0', [], true],
    ['base-reth-node 0.1', [], null],
    ['Nethermind 1.36', [], null],
    [null, [], null],
    [null, OP, true],
  ])('of %s with %j is %s', (clientVersion, capabilities, supported) => {
    expect(supportsOpStack({ clientVersion, capabilities })).toBe(supported);
  });
});
