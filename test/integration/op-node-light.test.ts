import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';

let world: FollowWorld;
let lockstep: Command | undefined;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'op-node light', txsPerBlock: 1 });
  await world.rig.producer.produce(5);
});

afterEach(async () => {
  await lockstep?.stop();
});

afterAll(() => world.close());

/** A light node's command line: flags of op-node v1.19.6, with the one change that the migration page asks for. */
function argvOfLightNode(): string[] {
  return [
    ...['op-node', '--l1=http://l1.invalid:8545', '--l1.beacon=http://beacon.invalid:5052', '--l1.rpckind=standard'],
    ...['--l1.trustrpc', '--l2.enginekind=geth', '--l2.engine-rpc-timeout=20s', '--network=op-mainnet'],
    ...[
      '--syncmode=execution-layer',
      '--verifier.l1-confs',
      '0',
      '--safedb.path=/data/safedb',
      '--altda.enabled=false',
    ],
    ...['--rpc.addr=127.0.0.1', '--rpc.port=0', '--rpc.enable-admin', '--pprof.enabled=false'],
    ...['--p2p.disable', '--p2p.bootnodes', ' ', '--sequencer.enabled=false', '--log.format=json'],
    `--l2.follow.source=${world.source.url}`,
  ];
}

const IGNORED = [
  ...['--l1', '--l1.beacon', '--l1.rpckind', '--l1.trustrpc', '--l2.enginekind', '--network', '--syncmode'],
  ...['--verifier.l1-confs', '--safedb.path', '--altda.enabled', '--pprof.enabled'],
  ...['--p2p.disable', '--p2p.bootnodes', '--sequencer.enabled'],
];

function envOfLightNode(): Record<string, string> {
  return {
    OP_NODE_L2_ENGINE_RPC: world.engine.url,
    OP_NODE_L2_ENGINE_AUTH: world.jwtSecretFile,
    OP_NODE_L2_FOLLOW_SOURCE_RPC_TIMEOUT: '5s',
    OP_NODE_METRICS_ENABLED: 'true',
    OP_NODE_METRICS_ADDR: '127.0.0.1',
    OP_NODE_METRICS_PORT: '0',
    OP_NODE_LOG_LEVEL: 'debug',
    OP_NODE_L1_BEACON_HEADER: 'X-Key: canary',
    OP_NODE_P2P_PRIV_RAW: 'canary',
  };
}

describe('the command line of an op-node light follower', () => {
  it('brings the EL to the source, and says what it ignores', async () => {
    lockstep = await Command.start(argvOfLightNode(), { cwd: world.rig.dir, name: 'op-node', env: envOfLightNode() });
    await world.untilEqual();
    for (const msg of ['Metrics are served', 'RPC is served']) await lockstep.until({ msg });
    const ignored = lockstep.lines({ msg: 'Configuration warning' }).map((line) => textOf(line, 'detail'));
    expect(ignored.map((text) => text.split(' ')[0])).toEqual(expect.arrayContaining(IGNORED));
    expect(ignored).toHaveLength(IGNORED.length);
    expect(ignored).toContain('--l1 is ignored: nothing is derived from L1.');
    expect(lockstep.output).not.toMatch(/canary|l1\.invalid|beacon\.invalid|safedb\b.*data/);
    expect(readFileSync(`/proc/${lockstep.pid}/cmdline`, 'utf8')).toContain('op-node\0--l1=');
    expect(await lockstep.stop()).toBe(0);
  });

  it('is refused when it asks for a sequencer', async () => {
    const argv = [...argvOfLightNode().filter((flag) => !flag.startsWith('--sequencer')), '--sequencer.enabled'];
    lockstep = await Command.start(argv, { cwd: world.rig.dir, name: 'sequencer', env: envOfLightNode() });
    expect(await lockstep.ended()).toBe(2);
    expect(lockstep.output).toContain('--sequencer.enabled cannot be ignored: lockstep builds no blocks.');
  });
});
