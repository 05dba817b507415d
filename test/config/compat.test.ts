import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FOREIGN_FLAGS, foreignFlag } from '../../src/config/compat.js';
import { declarationOf, optionOfFlag } from '../../src/config/options.js';
import type { Config } from '../../src/config/config.js';
import { cliRig, problemsOf } from '../rig/cli.js';

const { flags: OP_NODE_FLAGS } = JSON.parse(readFileSync('test/vectors/op-node-flags.json', 'utf8')) as {
  flags: string[];
};

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example/rpc';
const ON = { LOCKSTEP_COMPAT_OP_NODE: 'true' };

describe('the table of foreign flags', () => {
  it.each(OP_NODE_FLAGS)('says what becomes of --%s of op-node', (flag) => {
    expect(optionOfFlag(flag) ?? foreignFlag(flag)).toBeDefined();
  });

  it('lists each flag once', () => {
    const flags = FOREIGN_FLAGS.map(({ of, flag }) => `${of} ${flag}`);
    expect(new Set(flags).size).toBe(flags.length);
  });

  it('ignores and refuses no flag that lockstep has', () => {
    const others = FOREIGN_FLAGS.filter((entry) => !('becomes' in entry));
    expect(others.filter(({ flag }) => optionOfFlag(flag) !== undefined)).toEqual([]);
  });

  it('sends no flag to another option than lockstep gives that name to', () => {
    for (const entry of FOREIGN_FLAGS) {
      if ('becomes' in entry) expect([undefined, entry.becomes]).toContain(optionOfFlag(entry.flag));
    }
  });

  it('gives only variables of base-consensus that are read without the switch', () => {
    for (const entry of FOREIGN_FLAGS) {
      if (entry.of !== 'base-consensus' || !('becomes' in entry) || entry.env === undefined) continue;
      expect(declarationOf(entry.becomes).alsoEnv).toContain(entry.env);
    }
  });
});

const READ: Readonly<Record<string, readonly [text: string, read: (config: Config) => unknown, value: unknown]>> = {
  OP_NODE_L2_ENGINE_RPC: ['http://el:8551', (config) => config.engine.url, 'http://el:8551'],
  OP_NODE_L2_FOLLOW_SOURCE_RPC_TIMEOUT: ['3s', (config) => config.source.rpcTimeoutMs, 3_000],
  OP_NODE_L2_ENGINE_RPC_TIMEOUT: ['7s', (config) => config.engine.timeoutMs, 7_000],
  OP_NODE_RPC_ADDR: ['0.0.0.0', (config) => config.rpc.addr, '0.0.0.0'],
  OP_NODE_RPC_PORT: ['9546', (config) => config.rpc.port, 9546],
  OP_NODE_RPC_ENABLE_ADMIN: ['true', (config) => config.rpc.enableAdmin, true],
  OP_NODE_METRICS_ENABLED: ['true', (config) => config.metrics.enabled, true],
  OP_NODE_METRICS_ADDR: ['0.0.0.0', (config) => config.metrics.addr, '0.0.0.0'],
  OP_NODE_METRICS_PORT: ['7301', (config) => config.metrics.port, 7301],
  OP_NODE_LOG_LEVEL: ['DEBUG', (config) => config.log.level, 'debug'],
  OP_NODE_LOG_FORMAT: ['json', (config) => config.log.format, 'json'],
};

describe('variables of op-node', () => {
  it.each(Object.entries(READ))('%s is read with the switch', async (name, [text, read, value]) => {
    const run = await rig.run([SOURCE], { env: { ...ON, [name]: text } });
    expect(run.config && read(run.config)).toEqual(value);
    expect(run.config?.warnings).toEqual([]);
  });

  it('are read for the word op-node alone', async () => {
    const run = await rig.run(['op-node', SOURCE], { env: { OP_NODE_METRICS_PORT: '7301' } });
    expect(run.config?.metrics.port).toBe(7301);
  });

  it('are not read without the switch, but for the few that always are', async () => {
    const env = { OP_NODE_METRICS_PORT: '7301', OP_NODE_L2_ENGINE_RPC: 'http://el:8551' };
    const { config } = await rig.run([SOURCE], { env });
    expect(config).toMatchObject({ metrics: { port: 7300 } });
    expect(config?.engine.url).toBe('http://el:8551');
  });

  it('give way to those of lockstep, and to the command line', async () => {
    const env = { ...ON, OP_NODE_METRICS_PORT: '7301', LOCKSTEP_METRICS_PORT: '7302' };
    expect((await rig.run([SOURCE], { env })).config?.metrics.port).toBe(7302);
    const argv = [SOURCE, '--metrics.port=7303'];
    expect((await rig.run(argv, { env })).config?.metrics.port).toBe(7303);
  });

  it('show their origin', async () => {
    const run = await rig.run(['config', SOURCE], { env: { ...ON, OP_NODE_LOG_LEVEL: 'warn' } });
    expect(run.stdout).toMatch(/^log\.level +warn +env:OP_NODE_LOG_LEVEL$/m);
  });

  it('that set nothing here are passed over in silence', async () => {
    const env = { ...ON, OP_NODE_L1_ETH_RPC: 'http://l1:8545', OP_NODE_P2P_DISABLE: 'true', OP_NODE_NETWORK: 'x' };
    const run = await rig.run([SOURCE], { env });
    expect(run).toMatchObject({ code: 0, called: 'run', stderr: '' });
    expect(run.config?.warnings).toEqual([]);
  });

  it.each(['OP_NODE_SEQUENCER_ENABLED', 'OP_NODE_CONDUCTOR_ENABLED'])('%s is refused', async (name) => {
    const run = await rig.run([SOURCE], { env: { ...ON, [name]: 'true' } });
    expect(run.code).toBe(78);
    expect(problemsOf(run)).toEqual([
      expect.stringMatching(new RegExp(`^${name} cannot be ignored: lockstep builds no blocks\\. Keep op-node`)),
    ]);
    expect((await rig.run([SOURCE], { env: { ...ON, [name]: 'false' } })).code).toBe(0);
  });

  it('never make the consensus RPC that op-node follows the source, but its consensus client', async () => {
    const env = { ...ON, OP_NODE_L2_FOLLOW_SOURCE: 'http://127.0.0.1:9545/10' };
    expect(problemsOf(await rig.run(['run'], { env }))).toEqual([
      '--l2.follow.source is not set. Give the URL of the node to follow.',
    ]);
    const { config } = await rig.run([SOURCE], { env });
    expect(config?.consensus?.url).toBe('http://127.0.0.1:9545/10');
    expect(config?.source.url).not.toContain('9545');
  });
});
