import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CliRig } from '../rig/cli.js';

let rig: CliRig;

beforeAll(() => {
  rig = new CliRig();
  rig.write('lockstep.yaml', 'l2: http://file:8551\n');
});

afterAll(() => {
  rig.remove();
});

const ARGV = ['--l2=http://cli:8551'];
const OWN = { LOCKSTEP_L2_ENGINE_RPC: 'http://own:8551' };
const OP = { OP_NODE_L2_ENGINE_RPC: 'http://op:8551' };
const BASE = { BASE_NODE_L2_ENGINE_RPC: 'http://base:8551' };
const FILE = { LOCKSTEP_CONFIG: 'lockstep.yaml' };

/** Every combination of the layers, and which of them wins. */
const MATRIX = [true, false].flatMap((cli) =>
  [true, false].flatMap((own) =>
    [true, false].flatMap((op) =>
      [true, false].flatMap((base) =>
        [true, false].map((file) => {
          const winner = cli ? 'cli' : own ? 'own' : op ? 'op' : base ? 'base' : file ? 'file' : '127.0.0.1';
          return { cli, own, op, base, file, winner };
        }),
      ),
    ),
  ),
);

const ORIGINS: Readonly<Record<string, string>> = {
  cli: 'cli',
  own: 'env:LOCKSTEP_L2_ENGINE_RPC',
  op: 'env:OP_NODE_L2_ENGINE_RPC',
  base: 'env:BASE_NODE_L2_ENGINE_RPC',
  file: 'file:lockstep.yaml:1',
  '127.0.0.1': 'default',
};

describe('precedence', () => {
  it.each(MATRIX)('takes $winner when cli=$cli own=$own op=$op base=$base file=$file', async (layers) => {
    const env = {
      LOCKSTEP_L2_FOLLOW_SOURCE: 'https://source.example',
      ...(layers.own ? OWN : {}),
      ...(layers.op ? OP : {}),
      ...(layers.base ? BASE : {}),
      ...(layers.file ? FILE : {}),
    };
    const argv = layers.cli ? ARGV : ['run'];
    const run = await rig.run(argv, { env });
    expect(run.config?.engine.url).toBe(`http://${layers.winner}:8551`);
    const shown = await rig.run(['config', '--json', ...(layers.cli ? ARGV : [])], { env });
    const { settings } = JSON.parse(shown.stdout) as { settings: { name: string; origin: string }[] };
    expect(settings.find(({ name }) => name === 'l2')?.origin).toBe(ORIGINS[layers.winner]);
  });

  it('reads a foreign name only where no own name is set, also when the own name is empty', async () => {
    const env = { ...OP, LOCKSTEP_L2_ENGINE_RPC: '', LOCKSTEP_L2_FOLLOW_SOURCE: 'https://source.example' };
    expect((await rig.run(['run'], { env })).config?.engine.url).toBe('http://op:8551');
  });
});
