import { readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../src/app/cli.js';
import { LockstepError } from '../../src/util/errors.js';
import { cliRig, problemsOf } from '../rig/cli.js';

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example';
const repositoryFile = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the command line', () => {
  it.each([
    [[SOURCE], 'run'],
    [['run', SOURCE], 'run'],
    [[SOURCE, 'run'], 'run'],
    [['node', SOURCE], 'run'],
    [['follow', SOURCE], 'run'],
    [['op-node', SOURCE], 'run'],
    [['check', SOURCE], 'check'],
    [['doctor', SOURCE], 'check'],
    [['check', SOURCE, '--json'], 'check --json'],
  ])('%j calls %s', async (argv, called) => {
    expect(await rig.run(argv)).toMatchObject({ code: 0, called, stderr: '' });
  });

  it.each([
    [['--l2.folow.source=x'], 'unknown flag --l2.folow.source; did you mean --l2.follow.source?'],
    [['--source-l2-rcp', 'x'], 'unknown flag --source-l2-rcp; did you mean --source-l2-rpc?'],
    [['--no-metrics.enabled'], 'unknown flag --no-metrics.enabled; did you mean --metrics.enabled?'],
    [['check', '--jsn'], 'unknown flag --jsn; did you mean --json?'],
    [['rnu'], 'unknown command "rnu"; did you mean run?'],
    [['docter'], 'unknown command "docter"; did you mean doctor?'],
    [['run', 'fast'], 'unexpected word "fast" after run'],
    [['--', 'fast'], 'unknown command "fast"; did you mean jwt?'],
    [['--l2'], 'Not enough arguments following: l2'],
    [['--l2', '--log.pid'], 'Not enough arguments following: l2'],
    [['--l2=http://a', '--l2-engine-rpc=http://b'], '--l2 is given more than once'],
    [['--metrics.enabled=yes'], '--metrics.enabled "yes" is neither true nor false. Write true or false.'],
    [['doc'], 'doc needs a topic: flags, errors, states, metrics, runbook, rpc, engines, op-node or base-consensus'],
    [
      ['doc', 'blocks'],
      'doc needs a topic: flags, errors, states, metrics, runbook, rpc, engines, op-node or base-consensus',
    ],
  ])('%j is a usage error that names the cure', async (argv, problem) => {
    const run = await rig.run(argv);
    expect(problemsOf(run)).toEqual([problem]);
    expect(run).toMatchObject({ code: 2, called: null, stdout: '' });
    expect(run.stderr).toMatch(/^lockstep: the command line cannot be read\n.*\nRun `lockstep --help`\.\n$/);
  });

  it('reports every unknown flag at once', async () => {
    expect(problemsOf(await rig.run(['--frist=1', '--log.levl=info', 'run', 'x']))).toHaveLength(3);
  });
});

describe('help', () => {
  it('reads as it is written in test/app/help.txt', async () => {
    const help = await rig.run(['--help']);
    expect(help.stdout).toBe(repositoryFile('test/app/help.txt'));
    expect(help).toMatchObject({ code: 0, stderr: '', called: null });
  });

  it('fits into 100 columns, for every command', async () => {
    for (const argv of [['--help'], ['check', '-h'], ['jwt', '--help'], ['doc', '--help'], ['config', '--help']]) {
      const { stdout } = await rig.run(argv);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  it('is what the bare binary prints', async () => {
    const bare = await rig.run([]);
    expect(bare).toMatchObject({ code: 0, called: null, stderr: '' });
    expect(bare.stdout).toBe(repositoryFile('test/app/help.txt'));
  });

  it('is not what the bare binary prints when the environment sets something', async () => {
    const run = await rig.run([], { env: { BASE_NODE_SOURCE_L2_RPC: 'https://source.example' } });
    expect(run).toMatchObject({ code: 0, called: 'run', stdout: '' });
  });
});

describe('generated documentation', () => {
  it.each(['flags', 'errors', 'states', 'metrics', 'runbook', 'rpc'])(
    'docs/%s.md is what `lockstep doc` prints',
    async (topic) => {
      const run = await rig.run(['doc', topic]);
      expect(repositoryFile(`docs/${topic}.md`)).toBe(run.stdout);
      expect(run.code).toBe(0);
    },
  );
});

describe('lockstep config', () => {
  it('prints each setting with its origin', async () => {
    const run = await rig.run(['config', SOURCE], { env: { LOCKSTEP_LOG_LEVEL: 'warn' } });
    const rows = run.stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['l2.follow.source', 'https://source.example', 'cli']);
    expect(rows).toContainEqual(['log.level', 'warn', 'env:LOCKSTEP_LOG_LEVEL']);
    expect(rows).toContainEqual(['l2.rpc', 'http://127.0.0.1:8551', 'default']);
    expect(run).toMatchObject({ code: 0, stderr: '', called: null });
  });

  it('prints what is effective even when the configuration cannot be used', async () => {
    const run = await rig.run(['config', '--log.level=loud']);
    expect(run.stdout).toMatch(/^log\.level +loud +cli$/m);
    expect(run.code).toBe(78);
    expect(problemsOf(run)).toHaveLength(2);
  });

  it('answers as JSON, with problems and warnings', async () => {
    const env = { LOCKSTEP_LOG_LEVL: 'x', LOCKSTEP_LOG_LEVEL: 'loud' };
    const run = await rig.run(['config', '--json', SOURCE], { env });
    expect(JSON.parse(run.stdout)).toMatchObject({
      settings: expect.arrayContaining([
        { name: 'log.level', value: 'loud', origin: 'env:LOCKSTEP_LOG_LEVEL', env: 'LOCKSTEP_LOG_LEVEL' },
      ]) as unknown,
      problems: [{ setting: '--log.level', value: 'loud', reason: 'is not a known word' }],
      warnings: ['LOCKSTEP_LOG_LEVL is not a setting of lockstep; did you mean LOCKSTEP_LOG_LEVEL?'],
    });
  });
});

describe('lockstep check', () => {
  it('prints warnings before it starts', async () => {
    const run = await rig.run(['check', SOURCE, '--l2.follow.trustrpc']);
    expect(run.stderr).toBe('lockstep: warning: --l2.follow.trustrpc has no effect: lockstep verifies every block.\n');
    expect(run).toMatchObject({ code: 0, called: 'check' });
  });

  it('answers as JSON also when the configuration cannot be used', async () => {
    const run = await rig.run(['check', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ problems: [{ setting: '--l2.follow.source' }], warnings: [] });
    expect(run).toMatchObject({ code: 78, called: null });
  });
});

describe('lockstep jwt', () => {
  it('writes 32 fresh bytes that only the owner can read, and prints the path alone', async () => {
    const run = await rig.run(['jwt', 'fresh.hex']);
    const file = rig.path('fresh.hex');
    expect(run).toMatchObject({ code: 0, stdout: `${file}\n`, stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const used = await rig.run([SOURCE, '--l2.jwt-secret=fresh.hex']);
    expect(used).toMatchObject({ code: 0, called: 'run', stderr: '' });
  });

  it('writes to the configured file and makes a new secret each time', async () => {
    const first = await rig.run(['jwt'], { env: { OP_NODE_L2_ENGINE_AUTH: 'first.hex' } });
    const second = await rig.run(['jwt', '--l2.jwt-secret=second.hex']);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(readFileSync(rig.path('first.hex'), 'utf8')).not.toBe(readFileSync(rig.path('second.hex'), 'utf8'));
  });

  it('never overwrites a file', async () => {
    rig.write('mine.txt', 'mine');
    const run = await rig.run(['jwt', 'mine.txt']);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(run.stderr).toBe(
      `lockstep: a file cannot be written: ${rig.path('mine.txt')} exists and is left as it is\n` +
        '  Choose another path; lockstep never overwrites a file.\n',
    );
    expect(readFileSync(rig.path('mine.txt'), 'utf8')).toBe('mine');
  });

  it('names the reason when the folder does not exist', async () => {
    const run = await rig.run(['jwt', 'none/jwt.hex']);
    expect(run.stderr).toContain('cannot be written (ENOENT)');
    expect(run.code).toBe(78);
  });
});

describe('lockstep version', () => {
  const { version } = JSON.parse(repositoryFile('package.json')) as { version: string };

  it.each([['version'], ['--version']])('%s prints the version of the package', async (word) => {
    expect(await rig.run([word])).toMatchObject({ code: 0, stdout: `v${version}\n`, stderr: '' });
  });

  it('answers as JSON', async () => {
    expect(JSON.parse((await rig.run(['version', '--json'])).stdout)).toEqual({
      version,
      node: process.versions.node,
      platform: process.platform,
    });
  });
});

describe('lockstep completion', () => {
  const shell = process.env['SHELL'];

  afterAll(() => {
    if (shell === undefined) delete process.env['SHELL'];
    else process.env['SHELL'] = shell;
  });

  it.each([
    ['/bin/bash', /complete .*-F _lockstep_yargs_completions lockstep/],
    ['/usr/bin/zsh', /#compdef lockstep/],
  ])('prints a script for %s', async (path, script) => {
    process.env['SHELL'] = path;
    const run = await rig.run(['completion']);
    expect(run.stdout).toMatch(script);
    expect(run.code).toBe(0);
  });

  it('is answered with flags and commands', async () => {
    process.env['SHELL'] = '/bin/bash';
    const flags = await rig.run(['--get-yargs-completions', 'lockstep', '--l2.follow.p']);
    expect(flags.stdout.split('\n')).toContain('--l2.follow.poll-interval');
    const commands = await rig.run(['--get-yargs-completions', 'lockstep', 'c']);
    expect(commands.stdout.split('\n')).toEqual(expect.arrayContaining(['check', 'config']));
  });
});

describe('a command that fails', () => {
  const io = { stdout: () => undefined, isTTY: false, size: () => ({ columns: 0, rows: 0 }) };
  const failing = async (thrown: Error): Promise<{ code: number; stderr: string }> => {
    let stderr = '';
    const run = (): Promise<never> => Promise.reject(thrown);
    const code = await runCli(
      [SOURCE],
      {},
      { ...io, cwd: rig.folder, stderr: (text) => void (stderr += text) },
      { run, check: run },
    );
    return { code, stderr };
  };

  it('ends with the exit code of its error, its message and the fix', async () => {
    expect(await failing(new LockstepError('IDENTITY_CHAIN_ID', { detail: '1 and 10' }))).toEqual({
      code: 76,
      stderr:
        'lockstep: source and EL are on different chains: 1 and 10\n' +
        '  Point both at the same chain; nothing was written to the EL.\n',
    });
  });

  it('ends with code 70 for a bug', async () => {
    expect((await failing(new TypeError('x is undefined'))).code).toBe(70);
  });
});
