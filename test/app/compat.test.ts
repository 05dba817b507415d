import { describe, expect, it } from '@jest/globals';
import { cliRig, problemsOf } from '../rig/cli.js';

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example/rpc';
const CANARY = 'https://user:canary@l1.example/canary';
const ON = { LOCKSTEP_COMPAT_OP_NODE: '1' };

const IGNORED: Readonly<Record<string, readonly string[]>> = {
  '--l1': ['--l1', CANARY],
  '--l1.beacon': [`--l1.beacon=${CANARY}`],
  '--l1.beacon-fallbacks': ['--l1.beacon-fallbacks', CANARY, '--l1.beacon-fallbacks', CANARY],
  '--rollup.l1-chain-config': ['--rollup.l1-chain-config=canary.json'],
  '--verifier.l1-confs': ['--verifier.l1-confs', '4'],
  '--safedb.path': ['--safedb.path=canary'],
  '--altda.enabled': ['--altda.enabled=false'],
  '--rollup.config': ['--rollup.config', 'canary.json'],
  '--network': ['--network=op-mainnet'],
  '--override.isthmus': ['--override.isthmus=1'],
  '--syncmode': ['--syncmode=execution-layer'],
  '--l2.enginekind': ['--l2.enginekind=geth'],
  '--p2p.disable': ['--p2p.disable'],
  '--p2p.bootnodes': ['--p2p.bootnodes', ' '],
  '--p2p.sequencer.key': ['--p2p.sequencer.key=canary'],
  '--sequencer.enabled': ['--sequencer.enabled=false'],
  '--sequencer.l1-confs': ['--sequencer.l1-confs', '0'],
  '--rpc.admin-state': ['-rpc.admin-state=/state.json'],
  '--pprof.enabled': ['--pprof.enabled'],
  '--l1-eth-rpc': ['--l1-eth-rpc', CANARY],
  '--n': ['-n', '8453'],
  '--vvv': ['-vvv'],
};

describe('flags of op-node and base-consensus that mean nothing here', () => {
  it.each(Object.entries(IGNORED))('%s is ignored with a warning that gives the reason alone', async (flag, argv) => {
    const run = await rig.run(['op-node', ...argv, SOURCE]);
    expect(run).toMatchObject({ code: 0, called: 'run', stderr: '' });
    expect(run.config?.warnings).toEqual([expect.stringMatching(new RegExp(`^${flag} is ignored: [^:]+\\.$`))]);
    expect(run.config?.warnings.join()).not.toContain('canary');
    expect(run.config?.source.url).toBe('https://source.example/rpc');
  });

  it.each(Object.entries(IGNORED))(
    '%s is an unknown flag without the switch, and the switch is named',
    async (flag, argv) => {
      const run = await rig.run([...argv, SOURCE]);
      const problem = `^unknown flag ${flag}; it is one of .*: add --compat.op-node$`;
      expect(problemsOf(run)).toEqual([expect.stringMatching(problem)]);
      expect(run).toMatchObject({ code: 2, called: null });
      expect(run.stderr).not.toContain('canary');
    },
  );

  const every = Object.values(IGNORED).flat();

  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['the flag', [...every, SOURCE, '--compat.op-node'], {}],
    ['the variable', ['node', SOURCE, ...every], ON],
    ['the word op-node', ['op-node', SOURCE, ...every], {}],
  ])('are all ignored by %s', async (_how, argv, env) => {
    const run = await rig.run(argv, { env });
    expect(run.config?.warnings).toHaveLength(Object.keys(IGNORED).length);
  });

  it.each([
    ['without the word', ['node', SOURCE, ...every]],
    ['when the word is contradicted', ['op-node', '--compat.op-node=false', SOURCE, ...every]],
  ])('are all unknown %s', async (_how, argv) => {
    expect(problemsOf(await rig.run(argv))).toHaveLength(Object.keys(IGNORED).length);
  });

  it('are each reported by check, before it starts', async () => {
    const run = await rig.run(['check', SOURCE, '--compat.op-node', '--l1=x', '--p2p.disable']);
    expect(run.stderr.match(/^lockstep: warning: --.* is ignored/gm)).toHaveLength(2);
  });
});

describe('flags of op-node that cannot be ignored', () => {
  it.each([
    [
      ['--sequencer.enabled'],
      '--sequencer.enabled cannot be ignored: lockstep builds no blocks. Keep op-node for the sequencer.',
    ],
    [
      ['--sequencer.enabled=true'],
      '--sequencer.enabled cannot be ignored: lockstep builds no blocks. Keep op-node for the sequencer.',
    ],
    [
      ['--conductor.enabled=1'],
      '--conductor.enabled cannot be ignored: lockstep builds no blocks. Keep op-node under op-conductor.',
    ],
    [
      ['--l2.follow.source.recovery-path=canary.db'],
      '--l2.follow.source.recovery-path cannot be ignored: lockstep does not follow the private blocks that this journal is for. Keep op-node for this chain.',
    ],
  ])('%j is refused', async (argv, problem) => {
    const run = await rig.run(['op-node', SOURCE, ...argv]);
    expect(problemsOf(run)).toEqual([problem]);
    expect(run).toMatchObject({ code: 2, called: null });
  });
});

describe('a flag of op-node with another name here', () => {
  it('sets the option that it is', async () => {
    const run = await rig.run(['op-node', SOURCE, '--l2.engine-rpc-timeout=7s']);
    expect(run.config?.engine.timeoutMs).toBe(7_000);
    expect(run.config?.warnings).toEqual([]);
  });

  it('cannot be given together with that option', async () => {
    const run = await rig.run(['op-node', SOURCE, '--l2.engine-rpc-timeout=7s', '--l2.engine-timeout=8s']);
    expect(problemsOf(run)).toEqual(['--l2.engine-timeout is given more than once']);
  });
});

describe('the switch', () => {
  it('does not excuse a flag that no client has', async () => {
    const run = await rig.run(['op-node', SOURCE, '--l3=x']);
    expect(problemsOf(run)).toEqual(['unknown flag --l3; did you mean --l2?']);
  });

  it('cannot stand in the configuration file', async () => {
    rig.write('lockstep.yaml', 'compat.op-node: true\nl2.follow.source: https://source.example\n');
    const run = await rig.run(['--config=lockstep.yaml']);
    expect(problemsOf(run)).toEqual([
      'compat.op-node (file:lockstep.yaml:1) has to be known before the command line is read. Set LOCKSTEP_COMPAT_OP_NODE in the environment.',
    ]);
  });
});
