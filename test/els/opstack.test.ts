import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBlock } from '../../devnet/blocks.js';
import { opStackBinary } from '../../devnet/op-stack/binaries.js';
import { RunningDevnet } from '../../devnet/stack/running-devnet.js';
import { readState } from '../../devnet/stack/state-file.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { Command } from '../rig/command.js';
import type { JsonObject } from '../../src/util/json.js';
import { killDevnet, runCommand, runningPids } from '../rig/devnet-command.js';
import { askBoth, batchThroughLockstep, untilSameStatus } from './op-rpc.js';

/** The first start may have to build op-geth, op-node and op-batcher. */
const BUILD_TIMEOUT_MS = 1_800_000;
const UP_TIMEOUT_MS = 180_000;
const TIMEOUT_MS = 300_000;

/** Drills that do to each part what an operator's machine does to it sooner or later. */
const RESTARTS = ['restart-source', 'restart-follower', 'restart-op-node', 'kill-lockstep'];

let root: string;
let devnet: RunningDevnet;

beforeAll(async () => {
  await opStackBinary('op-node');
  await opStackBinary('op-batcher');
  root = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await killDevnet(join(root, 'opstack'));
  rmSync(root, { recursive: true, force: true });
}, UP_TIMEOUT_MS);

async function up(...flags: readonly string[]): Promise<void> {
  const { stdout } = await runCommand(root, 'up', 'opstack', ...flags);
  expect(stdout).toContain('lockstep follows');
  devnet = RunningDevnet.open(root, null);
}

describe('a real OP Stack with lockstep', () => {
  beforeAll(() => up(), UP_TIMEOUT_MS);

  it(
    'passes its smoke test: the batches make blocks safe and final, and the follower shows the same',
    async () => {
      const { stdout } = await runCommand(root, 'smoke');
      expect(stdout.match(/^ok /gm)).toHaveLength(4);
      expect(stdout).not.toContain('FAIL');
    },
    TIMEOUT_MS,
  );

  it(
    'follows blocks full of user transactions while every part is restarted once',
    async () => {
      const [load, watch, drill] = await Promise.all([
        runCommand(root, 'load', '--tps', '10', '--for', '25s'),
        runCommand(root, 'watch', '--for', '25s'),
        runCommand(root, 'drill', ...RESTARTS),
      ]);
      expect(load.stdout).toMatch(/\d+ transactions got into blocks/);
      expect(watch.stdout).toMatch(/^mismatches +0$/m);
      for (const name of RESTARTS) expect(drill.stdout).toMatch(new RegExp(`^${name} +ok `, 'm'));
    },
    TIMEOUT_MS,
  );

  it(
    'leads an EL back that stands on a branch deep below its head, with safe on the branch, and without a debug method',
    async () => {
      const { stdout } = await runCommand(root, 'drill', 'branch-deep');
      expect(stdout).toMatch(/^branch-deep +ok /m);
    },
    TIMEOUT_MS,
  );

  it(
    'is followed by lockstep in the place of an op-node light follower, by the flags and variables of op-node',
    async () => {
      process.kill(devnet.part('lockstep').pid, 'SIGTERM');
      const light = await Command.start(argvOfLightNode(), {
        cwd: devnet.folder,
        name: 'light',
        env: {
          OP_NODE_L2_FOLLOW_SOURCE: devnet.part('op-node').urls['rpc'] ?? '',
          OP_NODE_L2_ENGINE_AUTH: join(devnet.folder, 'follower/jwt.hex'),
        },
      });
      try {
        const { unsafe } = await devnet.followerHeads();
        const beyond = async (): Promise<boolean> =>
          ((await devnet.followerHeads()).safe?.number ?? 0) > unsafe.number + 3;
        await waitUntil('blocks after the change are safe in the follower', beyond, TIMEOUT_MS);
        const reached = (await devnet.followerHeads()).unsafe.number;
        expect(await readBlock(devnet.follower, reached)).toEqual(await readBlock(devnet.source, reached));
        expect(light.lines({ msg: 'Configuration warning' }).length).toBeGreaterThan(5);
      } finally {
        expect(await light.stop()).toBe(0);
      }
    },
    TIMEOUT_MS,
  );

  it('leaves no process behind when it is taken down', async () => {
    await runCommand(root, 'down');
    const state = readState(devnet.folder)!;
    expect(state.phase).toBe('down');
    expect(runningPids(state)).toEqual([]);
  }, 60_000);
});

/** As op-node v1.19.6 is told to follow another node; the source's EL is what lockstep wants to know besides. */
function argvOfLightNode(): string[] {
  const l1 = devnet.part('l1').urls['http'] ?? '';
  return [
    ...['op-node', `--l1=${l1}`, '--l1.trustrpc', '--l1.rpckind=standard', '--l1.beacon.ignore'],
    ...[`--rollup.config=${join(devnet.folder, 'rollup.json')}`, '--l2.enginekind=geth', '--verifier.l1-confs=0'],
    ...['--p2p.disable', '--rpc.addr=127.0.0.1', '--rpc.port=0', '--log.format=json'],
    `--l2=${devnet.part('follower').urls['engine'] ?? ''}`,
    `--l2.follow.source=${devnet.part('source').urls['http'] ?? ''}`,
  ];
}

describe('a real OP Stack that crosses Isthmus and Jovian', () => {
  beforeAll(() => up('--isthmus-at', '20', '--jovian-at', '26'), UP_TIMEOUT_MS);

  it(
    'is followed through both without a restart, with the deposits of the upgrades',
    async () => {
      const beyond = 30;
      const followed = async (): Promise<boolean> => (await devnet.followerHeads()).unsafe.number >= beyond;
      await waitUntil('the follower is beyond both forks', followed, TIMEOUT_MS);
      for (const activation of [20, 26]) {
        const [source, follower] = await Promise.all([
          readBlock(devnet.source, activation),
          readBlock(devnet.follower, activation),
        ]);
        expect(follower).toEqual(source);
        expect(follower.transactions.length).toBeGreaterThan(1);
        expect(follower.transactions.every(({ type }) => type === '0x7e')).toBe(true);
      }
      const safe = async (): Promise<boolean> => ((await devnet.followerHeads()).safe?.number ?? 0) >= beyond;
      await waitUntil('a block beyond both forks is safe', safe, TIMEOUT_MS);
      expect(devnet.part('lockstep').restarts).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'gets the same sync status from lockstep as from op-node, in every field, at three safe heads',
    async () => {
      let safe = 0;
      for (let times = 0; times < 3; times++) {
        const beyond = safe;
        await waitUntil('another safe head', async () => (await devnet.authorityHeads()).safe!.number > beyond, 60_000);
        safe = await untilSameStatus(devnet, TIMEOUT_MS);
        expect(safe).toBeGreaterThan(beyond);
      }
    },
    TIMEOUT_MS,
  );

  it('gets the same outputs from lockstep as from op-node, on both sides of Isthmus and at genesis', async () => {
    const { safe } = await devnet.followerHeads();
    const step = Math.floor(safe!.number / 20);
    const heights = Array.from({ length: 21 }, (_, index) => index * step);
    for (const height of heights) {
      const answers = await askBoth(devnet, 'optimism_outputAtBlock', [`0x${height.toString(16)}`]);
      const [opNode, lockstep] = [answers.opNode, answers.lockstep].map((output) => {
        const { syncStatus: _, ...rest } = output as JsonObject;
        return rest;
      });
      expect(lockstep).toEqual(opNode);
      expect(lockstep).toMatchObject({ blockRef: { number: height } });
    }
  }, 60_000);

  it('gets the same configuration from lockstep as from op-node', async () => {
    const { opNode, lockstep } = await askBoth(devnet, 'optimism_rollupConfig');
    expect(lockstep).toEqual(opNode);
  });

  it(
    'is batched by an op-batcher that knows lockstep and its EL alone',
    () => batchThroughLockstep(devnet, TIMEOUT_MS),
    TIMEOUT_MS,
  );
});
