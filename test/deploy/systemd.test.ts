import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exitEntries } from '../../src/app/exit-meanings.js';
import { READ_WITHOUT_COMPLAINT, readByLockstep, readEnvFile } from './overlay.js';

const UNIT = 'devnet/systemd/lockstep.service';
const unit = readFileSync(UNIT, 'utf8');

/** The values of a directive, in order. */
const valuesOf = (name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/** Units are checked by the program that reads them, where a machine has it. */
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the systemd unit', () => {
  it('leaves the exits that need a person, and tries every other again', () => {
    const final = exitEntries().filter(({ meaning }) => meaning.restart === 'no');
    expect(valuesOf('RestartPreventExitStatus')).toEqual([final.map(({ code }) => code).join(' ')]);
    expect(valuesOf('Restart')).toEqual(['on-failure']);
  });

  it('gives lockstep settings that it has', async () => {
    const inUnit = valuesOf('Environment').map((line) => line.split('=', 1)[0]);
    expect(inUnit).toEqual(['LOCKSTEP_L2_ENGINE_AUTH', 'XDG_STATE_HOME']);
    const env = { ...readEnvFile('devnet/systemd/lockstep.env'), LOCKSTEP_L2_ENGINE_AUTH: 'jwt.hex' };
    expect(valuesOf('ExecStart')).toEqual(['/usr/local/bin/lockstep run']);
    expect(await readByLockstep(['run'], env)).toEqual(READ_WITHOUT_COMPLAINT);
  });

  it('leaves no core file and no secret behind (T16)', () => {
    expect([valuesOf('LimitCORE'), valuesOf('UMask'), valuesOf('LoadCredential')]).toEqual([
      ['0'],
      ['0077'],
      ['jwt.hex:/etc/lockstep/jwt.hex'],
    ]);
  });

  it('is read without a complaint by systemd, and leaves little exposed', () => {
    if (!hasSystemd) return;
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-unit-'));
    try {
      const file = join(folder, 'lockstep.service');
      // A program that is there.
      writeFileSync(file, unit.replace('/usr/local/bin/lockstep', process.execPath));
      const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
      expect({ status: verified.status, said: verified.stderr }).toEqual({ status: 0, said: '' });
      execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
