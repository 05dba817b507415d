import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, markOf, readState, writeState, type DevnetState } from '../../devnet/stack/state-file.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { killDevnet, runCommand, runningPids } from '../rig/devnet-command.js';

/** Seconds where nothing else runs; each step is a program that starts. */
const LIFE_CYCLE_TIMEOUT_MS = 240_000;

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  folder = join(root, 'ethereumjs');
});

afterEach(async () => {
  await killDevnet(folder);
  rmSync(root, { recursive: true, force: true });
});

const up = (): Promise<{ stdout: string }> => runCommand(root, 'up', 'ethereumjs', '--txs', '2');

describe('a devnet in the background', () => {
  it(
    'comes up once, shows its heads and logs, restarts a part, heals in a drill, and leaves nothing when it is taken down',
    async () => {
      expect((await up()).stdout).toContain('lockstep follows');
      const state = readState(folder)!;
      expect(runningPids(state)).toHaveLength(4);
      expect((await up()).stdout).toContain('already up');
      expect(readState(folder)).toEqual(state);

      const shown = JSON.parse((await runCommand(root, 'status', '--json')).stdout) as Record<string, unknown>;
      expect(shown).toMatchObject({
        kind: 'ethereumjs',
        heads: { sequencer: null, source: { unsafe: expect.anything() }, follower: { unsafe: expect.anything() } },
        parts: ['source', 'follower', 'lockstep'].map((name) => ({ name, running: true, restarts: 0 })),
      });
      const { stdout: log } = await runCommand(root, 'logs', 'lockstep', '-n', '100');
      expect(log).toContain('"msg":"lockstep starts"');

      await runCommand(root, 'restart', 'lockstep', '--kill');
      const lockstep = readState(folder)!.parts.find(({ name }) => name === 'lockstep')!;
      expect(lockstep).toMatchObject({ restarts: 1 });
      expect(isRunning(lockstep)).toBe(true);
      await expect(runCommand(root, 'restart', 'op-node')).rejects.toMatchObject({ code: 1 });

      const { stdout: drilled } = await runCommand(root, 'drill', 'source-reorg');
      expect(drilled).toMatch(/^source-reorg +ok /m);
      const [evidence = ''] = readdirSync(join(root, 'evidence'));
      const report = readFileSync(join(root, 'evidence', evidence, 'report.md'), 'utf8');
      expect(report).toContain('lockstep: The EL is on another branch than the source');
      await expect(runCommand(root, 'drill', 'restart-op-node')).rejects.toMatchObject({
        stdout: expect.stringContaining('not for ethereumjs'),
      });
      // Its own lockstep follows again.
      expect((await runCommand(root, 'status')).stdout).not.toContain('ENDED');

      const last = readState(folder)!;
      await runCommand(root, 'down');
      expect([...runningPids(state), ...runningPids(last)]).toEqual([]);
      await expect(runCommand(root, 'status')).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringContaining('no devnet'),
      });
    },
    LIFE_CYCLE_TIMEOUT_MS,
  );

  it(
    'is cleaned up by down after its background process was killed, and comes up anew',
    async () => {
      await up();
      const state = readState(folder)!;
      process.kill(state.daemon.pid, 'SIGKILL');
      await waitUntil('it is gone', () => !isRunning(state.daemon), 10_000);
      await expect(runCommand(root, 'status')).rejects.toMatchObject({
        stdout: expect.stringContaining('devnet down'),
      });
      await runCommand(root, 'down');
      expect(runningPids(state)).toEqual([]);
      expect((await up()).stdout).toContain('lockstep follows');
    },
    LIFE_CYCLE_TIMEOUT_MS,
  );

  it('does not touch a process that got the pid of an old one, nor a folder that is not its own', async () => {
    mkdirSync(folder);
    const stranger = { ...markOf(process.pid), identity: 'another start' };
    const state: DevnetState = {
      kind: 'ethereumjs',
      seed: '1',
      phase: 'ready',
      startedAt: '2026-01-01T00:00:00.000Z',
      readyAfterMs: 1,
      daemon: stranger,
      parts: [],
    };
    writeState(folder, state);
    await runCommand(root, 'down');
    expect(readState(folder)!.phase).toBe('down');

    const geth = join(root, 'geth');
    mkdirSync(geth);
    writeFileSync(join(geth, 'notes.txt'), 'mine');
    await expect(runCommand(root, 'up', 'geth')).rejects.toMatchObject({
      stdout: expect.stringContaining('not a devnet'),
    });
  });

  it.each([
    [['up', 'besu'], 'besu'],
    [['up', 'ethereumjs', '--jovian-at', '3'], 'does not fit'],
    [['up', 'opstack', '--txs', '3'], 'does not fit'],
    [['up', 'geth', '--follower-el', 'op-geth'], 'ethereumjs, geth, reth'],
    [['up', 'opstack', '--isthmus-at', '9', '--jovian-at', '3'], 'Jovian before Isthmus'],
    [['load', '--tps', '0'], '--tps'],
    [['drill', 'all', '--within', 'soon'], 'soon'],
    [['drill'], 'Not enough'],
  ])('refuses %j', async ([command = '', ...args], reason) => {
    const refused = await runCommand(root, command, ...args).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 1 });
    const { stdout, stderr } = refused as { stdout: string; stderr: string };
    expect(stdout + stderr).toContain(reason);
  });
});
