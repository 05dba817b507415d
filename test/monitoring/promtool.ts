import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedBinary, namedBinary } from '../../devnet/els/cached-binary.js';

const run = promisify(execFile);

/**
 * The promtool to run: the one that LOCKSTEP_PROMTOOL names, one on the PATH, or that of Debian's package, unpacked into
 * the cache once. Nothing is installed and no right is needed for it; building it would take minutes.
 * @throws Error where there is neither, nor apt
 */
export async function promtoolBinary(): Promise<string> {
  const named = namedBinary('LOCKSTEP_PROMTOOL');
  if (named !== undefined) return named;
  if (await answers('promtool')) return 'promtool';
  return cachedBinary('promtool', async (unfinished) => {
    const folder = `${unfinished}.deb`;
    try {
      await unpack(folder);
      await rename(join(folder, 'usr/bin/promtool'), unfinished);
    } catch (cause) {
      throw new Error('promtool is not at hand and cannot be had by apt; LOCKSTEP_PROMTOOL can name one', { cause });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function answers(program: string): Promise<boolean> {
  try {
    await run(program, ['--version']);
    return true;
  } catch {
    return false;
  }
}

async function unpack(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const apt = (options: readonly string[], ...words: readonly string[]) =>
    run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=', ...options, ...words], { cwd: folder });
  try {
    await apt([], 'download', 'prometheus');
  } catch {
    // The lists of the machine are old or not there: some of our own.
    await mkdir(join(folder, 'lists/partial'), { recursive: true });
    const own = ['-o', `Dir::State::lists=${join(folder, 'lists')}`, '-o', `Dir::Cache=${folder}`];
    await apt(own, 'update');
    await apt(own, 'download', 'prometheus');
  }
  const [archive] = (await readdir(folder)).filter((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get downloaded nothing');
  await run('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
}
