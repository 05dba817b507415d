import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MANIFEST = z.object({ name: z.string(), version: z.string() });

/** The version of this package, from the nearest package.json above this file (sources and build differ in depth). */
export function version(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const manifest = readManifest(new URL('package.json', folder));
    if (manifest?.name === 'lockstep') return manifest.version;
    if (folder.pathname === '/') return 'unknown';
  }
}

function readManifest(url: URL): z.infer<typeof MANIFEST> | undefined {
  try {
    return MANIFEST.safeParse(JSON.parse(readFileSync(url, 'utf8'))).data;
  } catch {
    // No package.json in this folder: the next one up is tried.
    return undefined;
  }
}

export function versionText(json: boolean): string {
  if (!json) return `v${version()}\n`;
  return `${JSON.stringify({ version: version(), node: process.versions.node, platform: process.platform })}\n`;
}
