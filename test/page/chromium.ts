import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cachedBinary, namedBinary } from '../../devnet/els/cached-binary.js';
import { answers, unpackPackages } from '../rig/debian-package.js';

/** A name that is not resolved is not asked for: the page has this machine alone. */
const OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/**
 * The Chromium that LOCKSTEP_CHROMIUM names, one on the PATH, or Debian's headless one, unpacked into the cache once.
 * @throws Error where there is neither, nor apt
 */
export async function startChromium(): Promise<Browser> {
  const { program, env } = await installed();
  return chromium.launch({ executablePath: program, args: [OFFLINE, '--disable-gpu'], env });
}

interface Installed {
  readonly program: string;
  readonly env: Record<string, string>;
}

async function installed(): Promise<Installed> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
  const named = namedBinary('LOCKSTEP_CHROMIUM');
  if (named !== undefined) return { program: named, env };
  for (const program of ['chromium', 'chromium-headless-shell', 'google-chrome']) {
    const path = await onPath(program);
    if (path !== undefined) return { program: path, env };
  }
  const folder = await cachedBinary('chromium', async (unfinished) => {
    try {
      await unpackPackages(['chromium-headless-shell', 'fonts-dejavu-core'], `${unfinished}.deb`, 'with-libraries');
      await rename(`${unfinished}.deb`, unfinished);
    } catch (cause) {
      throw new Error('Chromium is not at hand and cannot be had by apt; LOCKSTEP_CHROMIUM can name one', { cause });
    } finally {
      await rm(`${unfinished}.deb`, { recursive: true, force: true });
    }
  });
  return {
    program: join(folder, 'usr/lib/chromium/chromium-headless-shell'),
    env: { ...env, LD_LIBRARY_PATH: librariesOf(folder).join(':'), FONTCONFIG_FILE: fontsOf(folder) },
  };
}

async function onPath(program: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(':');
  const path = folders.map((folder) => join(folder, program)).find((candidate) => existsSync(candidate));
  return path !== undefined && (await answers(path)) ? path : undefined;
}

function librariesOf(folder: string): readonly string[] {
  const lib = join(folder, 'usr/lib');
  const triplets = readdirSync(lib).filter((name) => name.includes('-linux-gnu'));
  return triplets.flatMap((name) => [join(lib, name), join(lib, name, 'pulseaudio')]);
}

const FAMILIES = {
  'system-ui': 'DejaVu Sans',
  sans: 'DejaVu Sans',
  'sans-serif': 'DejaVu Sans',
  monospace: 'DejaVu Sans Mono',
  'ui-monospace': 'DejaVu Sans Mono',
};

/** A machine without a desktop may have neither fonts nor a configuration of them. */
function fontsOf(folder: string): string {
  const file = join(folder, 'fonts.conf');
  const folders = ['/usr/share/fonts', join(folder, 'usr/share/fonts')];
  const lines = [
    ...folders.map((path) => `<dir>${path}</dir>`),
    ...Object.entries(FAMILIES).map(([name, family]) => {
      return `<alias binding="same"><family>${name}</family><prefer><family>${family}</family></prefer></alias>`;
    }),
    `<cachedir>${join(folder, 'font-cache')}</cachedir>`,
  ];
  writeFileSync(file, `<?xml version="1.0"?>\n<fontconfig>\n${lines.join('\n')}\n</fontconfig>\n`);
  return file;
}
