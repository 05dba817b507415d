import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of what a package needs: nothing, or all that this machine lacks. */
type Company = 'alone' | 'with-libraries';

const INSTALL = ['install', '--download-only', '--no-install-recommends', '--reinstall'];

/** Unpacks Debian packages into a folder. Nothing is installed, and no right is needed for it. */
export async function unpackPackages(names: readonly string[], folder: string, company: Company): Promise<void> {
  const archives = join(folder, 'archives');
  const lists = join(folder, 'lists');
  for (const place of [archives, lists]) await mkdir(join(place, 'partial'), { recursive: true });
  const common = [
    '-qq',
    '-o',
    'APT::Sandbox::User=',
    '-o',
    'Debug::NoLocking=1',
    '-o',
    `Dir::Cache::archives=${archives}`,
  ];
  const apt = (options: readonly string[], ...words: readonly string[]) =>
    run('apt-get', [...common, ...options, ...words], { cwd: archives });
  const download = [...(company === 'alone' ? ['download'] : INSTALL), ...names];
  try {
    await apt([], ...download);
  } catch {
    // The lists of the machine are old or not there: some of our own.
    const own = ['-o', `Dir::State::lists=${lists}`, '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];
    await apt(own, 'update');
    await apt(own, ...download);
  }
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  if (files.length === 0) throw new Error('apt-get downloaded nothing');
  for (const file of files) await run('dpkg-deb', ['-x', join(archives, file), folder]);
  for (const place of [archives, lists]) await rm(place, { recursive: true });
}

/** Whether a program of this name is on the PATH and can say its version. */
export async function answers(program: string): Promise<boolean> {
  try {
    await run(program, ['--version']);
    return true;
  } catch {
    return false;
  }
}
