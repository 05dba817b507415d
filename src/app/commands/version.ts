import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../../util/json.js';

/** The version of this package, from the nearest package.json above this file (sources and build differ in depth). */
export function version(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const { name, version } = readManifest(new URL('package.json', folder));
    if (name === 'lockstep' && typeof version === 'string') return version;
    if (folder.pathname === '/') return 'unknown';
  }
}

function readManifest(url: URL): JsonObject {
  try {
    const manifest: unknown = JSON.parse(readFileSync(url, 'utf8'));
    return isJsonObject(manifest) ? manifest : {};
  } catch {
    // No package.json in this folder: the next one up is tried.
    return {};
  }
}

export function versionText(json: boolean): string {
  if (!json) return `v${version()}\n`;
  return `${JSON.stringify({ version: version(), node: process.versions.node, platform: process.platform })}\n`;
}
