import { describe, expect, it } from '@jest/globals';
import { cliRig, JWT_HEX, problemsOf } from '../rig/cli.js';

const rig = cliRig();

const run = (text: string, name = 'lockstep.yaml') => {
  rig.write(name, text);
  return rig.run(['run', `--config=${name}`]);
};

describe('a configuration file', () => {
  it('may be YAML with nested keys', async () => {
    const { config, stderr } = await run(`
l2:
  follow:
    source: https://source.example
    source.rpc-timeout: 3s
    source.header:
      - "X-One: 1"
      - "X-Two: 2"
    prefetch: 8
l2-engine-rpc: http://el:8551
metrics: { enabled: true, port: 0 }
log:
  level: debug
`);
    expect(stderr).toBe('');
    expect(config?.source.url).toBe('https://source.example');
    expect(config?.source.rpcTimeoutMs).toBe(3000);
    expect(config?.source.headers).toEqual({ 'X-One': '1', 'X-Two': '2' });
    expect(config?.engine.url).toBe('http://el:8551');
    expect(config).toMatchObject({
      follow: { prefetchBlocks: 8 },
      metrics: { enabled: true, port: 0 },
      log: { level: 'debug' },
    });
  });

  it('may be JSON with dotted keys and tabs, whatever its name', async () => {
    const text = '{\n\t"l2.follow.source": "https://source.example",\n\t"metrics": {"port": 1},\n\t"log.pid": true\n}';
    const { config, stderr } = await run(text, 'lockstep.conf');
    expect(stderr).toBe('');
    expect(config?.source.url).toBe('https://source.example');
    expect(config).toMatchObject({ metrics: { port: 1 }, log: { pid: true } });
  });

  it('may be empty', async () => {
    expect(problemsOf(await run('# nothing yet\n'))).toEqual([
      '--l2.follow.source is not set. Give the URL of the node to follow.',
    ]);
  });

  const SOURCE = 'l2.follow.source: https://source.example\n';
  const REFUSED: Readonly<Record<string, readonly [text: string, problem: string]>> = {
    'an unknown key': [
      `${SOURCE}log:\n  level: info\n  colour: true\n`,
      'lockstep.yaml:4 has the unknown key log.colour. The nearest setting is log.color.',
    ],
    'an unknown key in JSON': [
      '{\n  "l2.follow.source": "https://source.example",\n  "l2.folow.prefetch": 3\n}',
      'lockstep.yaml:3 has the unknown key l2.folow.prefetch. The nearest setting is l2.follow.prefetch.',
    ],
    'a bad value': [
      `${SOURCE}\nl2.engine-timeout: 10\n`,
      '--l2.engine-timeout "10" (file:lockstep.yaml:3) has no unit. Write 10s or 10ms.',
    ],
    'a key without a value': [
      `${SOURCE}log.level:\n`,
      'lockstep.yaml:2 gives log.level no single value. Write one plain value.',
    ],
    'a list where one value belongs': [
      `${SOURCE}log.level: [info, warn]\n`,
      'lockstep.yaml:2 gives log.level no single value. Write one plain value.',
    ],
    'a setting under two spellings': [
      `${SOURCE}log.level: info\nlog: { level: warn }\n`,
      'lockstep.yaml:3 sets log.level a second time. Keep one of the two.',
    ],
    'the same key twice': [
      `${SOURCE}log.level: info\nlog.level: warn\n`,
      'lockstep.yaml:3 is neither YAML nor JSON (duplicate key). Correct the file.',
    ],
    'an open bracket': [
      `${SOURCE}metrics: {enabled: true\n`,
      'lockstep.yaml:3 is neither YAML nor JSON (bad indent). Correct the file.',
    ],
    'a list at the top': ['- l2\n- l3\n', 'lockstep.yaml:1 is not a list of settings. Write "flag: value" lines.'],
    'an alias of YAML': [
      `${SOURCE}log.level: &x info\nlog.format: *x\n`,
      'lockstep.yaml:3 gives log.format no single value. Write one plain value.',
    ],
    'the secret itself': [
      `${SOURCE}l2.jwt-secret-encoded: "${JWT_HEX}"\n`,
      'l2.jwt-secret-encoded (file:lockstep.yaml:2) would leave the secret in a configuration file. Set LOCKSTEP_L2_ENGINE_AUTH_ENCODED in the environment.',
    ],
    'another file': [
      `${SOURCE}config: other.yaml\n`,
      'config (file:lockstep.yaml:2) cannot name another configuration file. Remove this line.',
    ],
  };

  it.each(Object.entries(REFUSED))('with %s is refused with the line at fault', async (_name, [text, problem]) => {
    const refused = await run(text);
    expect(problemsOf(refused)).toContain(problem);
    expect(refused).toMatchObject({ code: 78, called: null });
  });

  it('is refused when it is a folder or too large', async () => {
    rig.write('big.yaml', `#${'x'.repeat(1024 * 1024)}\n`);
    const problems = await Promise.all(
      ['.', 'big.yaml'].map(async (name) => problemsOf(await rig.run(['run', `--config=${name}`]))[0]),
    );
    expect(problems).toEqual([
      '--config "." is not a file. Name a readable file.',
      '--config "big.yaml" is larger than 1 MiB. Name a readable file.',
    ]);
  });
});
