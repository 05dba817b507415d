import { describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../../devnet/process/bound-process.js';
import { compiledProgram } from '../../devnet/project-root.js';
import { startRig, type Rig } from '../../devnet/rig/rig.js';
import { agree } from '../../devnet/view/snapshot.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { PRODUCER } from './scratch.js';

const RIG = { ...PRODUCER, source: 'ethereumjs', follower: 'ethereumjs' } as const;
const FLAGS = ['--l2.follow.poll-interval', '100ms', '--l2.follow.safety-interval', '100ms'];

function agreement(rig: Rig): Promise<unknown> {
  return waitUntil(
    'both sides agree',
    async () => agree(await rig.heads('source'), await rig.heads('follower')),
    20_000,
  );
}

describe('the rig', () => {
  it.each([
    ['op-geth', 'geth'],
    ['ethereumjs', 'op-reth'],
  ] as const)('refuses %s as the source of %s before it starts anything', async (source, follower) => {
    const started = startRig({ ...RIG, source, follower });
    await expect(started).rejects.toThrow('runs an OP Stack chain and');
  });

  it('lets lockstep follow the source, over a killed lockstep and a restarted follower, and leaves nothing', async () => {
    const rig = await startRig({ ...RIG, persistent: true });
    const pids = [rig.source.pid, rig.follower.pid];
    try {
      await rig.producer.produce(6);
      pids.push((await rig.startLockstep(FLAGS)).pid);
      await agreement(rig);
      expect(rig.lockstep!.log().length).toBeGreaterThan(0);

      expect((await rig.lockstep!.kill()).code).toBe(137);
      await rig.producer.produce(2);
      pids.push((await rig.startLockstep(FLAGS)).pid);
      const { engineUrl } = rig.follower;
      await rig.restartFollower('SIGKILL');
      expect(rig.follower.engineUrl).toBe(engineUrl);
      pids.push(rig.follower.pid);
      await agreement(rig);
      expect((await rig.lockstep!.stop()).code).toBe(0);
    } finally {
      await rig.close();
    }
    expect(pids.map(isAlive)).toEqual(pids.map(() => false));
    expect(existsSync(rig.dir)).toBe(false);
  });

  it('refuses to continue the chain of another seed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
    try {
      const rig = await startRig({ ...RIG, dir });
      await rig.close();
      expect(existsSync(join(dir, 'genesis.json'))).toBe(true);
      await expect(startRig({ ...RIG, dir, seed: '2' })).rejects.toThrow('another seed');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('the devnet program', () => {
  it('follows the wanted number of blocks and prints equal heads', async () => {
    const args = ['--blocks', '8', '--block-time', '0', '--txs', '2'];
    const { stdout } = await promisify(execFile)(process.execPath, [compiledProgram('devnet/main'), ...args]);
    expect(stdout).toMatch(/followed 8 blocks in .* s; source and local are equal:/);
    expect(stdout).toMatch(/^unsafe {5}8 0x[0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^safe {7}3 0x[0-9a-f]{64}$/m);
  });

  it('ends everything on SIGTERM and deletes its directory', async () => {
    const devnet = spawn(process.execPath, [compiledProgram('devnet/main')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      let shown = '';
      devnet.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      await waitUntil('the view', () => shown.includes('source unsafe'), 20_000);
      devnet.kill('SIGTERM');
      expect(await once(devnet, 'exit')).toEqual([0, null]);
      const dir = /logs in (\S+)/.exec(shown)?.[1] ?? '';
      expect(dir).toContain('lockstep-devnet-');
      expect(existsSync(dir)).toBe(false);
    } finally {
      devnet.kill('SIGKILL');
    }
  });

  it('explains a mistake on the command line and exits 1', async () => {
    const run = promisify(execFile)(process.execPath, [compiledProgram('devnet/main'), '--follower-el', 'besu']);
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('follower-el') as unknown });
  });
});
