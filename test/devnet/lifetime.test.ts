import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess, isAlive, spawnBound, spawnSupervised } from '../../devnet/process/bound-process.js';
import { compiledProgram } from '../../devnet/project-root.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { Scratch } from './scratch.js';
import { STUBBORN } from './stubborn.js';

let scratch: Scratch;

beforeAll(() => {
  scratch = new Scratch();
});

afterAll(() => scratch.remove());

describe('the children of a process', () => {
  it('are gone after the process was killed with SIGKILL, even those that ignore SIGTERM', async () => {
    const parent = spawn(process.execPath, [compiledProgram('test/devnet/parent'), scratch.jwtSecretFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
      const pids = JSON.parse(line) as number[];
      expect(pids.map(isAlive)).toEqual([true, true]);
      parent.kill('SIGKILL');
      await waitUntil('both children are gone', () => !pids.some(isAlive), 15_000);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

describe('spawnSupervised', () => {
  const logFile = (): string => join(scratch.dir, 'supervised.log');

  it('passes the exit code on, and a signal as 128 plus its number', async () => {
    const failing = await spawnSupervised(process.execPath, ['-e', 'process.exit(7)'], { logFile: logFile() });
    expect(await failing.exited).toEqual({ code: 7, signal: null });
    const waiting = await spawnSupervised(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], {
      logFile: logFile(),
    });
    waiting.signal('SIGKILL');
    expect(await waiting.exited).toEqual({ code: 137, signal: null });
    expect(isAlive(waiting.pid)).toBe(false);
  });

  it('kills what does not stop in time', async () => {
    const stubbornLog = join(scratch.dir, 'stubborn.log');
    const stubborn = await spawnSupervised(process.execPath, ['-e', STUBBORN], { logFile: stubbornLog });
    await waitUntil('it is up', () => readFileSync(stubbornLog, 'utf8').includes('up'), 10_000);
    expect(await endProcess(stubborn, 300)).toEqual({ code: 137, signal: null });
  });

  it('gives a child nothing of our environment but what any program needs', async () => {
    process.env['LOCKSTEP_L2_ENGINE_AUTH_ENCODED'] = 'secret';
    try {
      const code = "process.exit('LOCKSTEP_L2_ENGINE_AUTH_ENCODED' in process.env || !process.env.PATH ? 1 : 0)";
      const child = await spawnSupervised(process.execPath, ['-e', code], { logFile: logFile() });
      expect(await child.exited).toEqual({ code: 0, signal: null });
    } finally {
      delete process.env['LOCKSTEP_L2_ENGINE_AUTH_ENCODED'];
    }
  });

  it('says what is wrong when the command does not exist', async () => {
    await expect(spawnSupervised('/nonexistent/el', [], { logFile: logFile() })).rejects.toThrow(
      '/nonexistent/el: not found',
    );
  });
});

describe('spawnBound', () => {
  it('refuses a program that is not compiled', async () => {
    const options = { program: 'devnet/nothing', args: [], logFile: join(scratch.dir, 'none.log') };
    await expect(spawnBound(options)).rejects.toThrow('npm run build');
  });
});
