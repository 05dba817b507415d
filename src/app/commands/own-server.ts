import { collectListen, type ListeningServer } from '../../config/config.js';
import type { SettingInputs } from '../../config/layers.js';
import { envName } from '../../config/options.js';
import type { Problem } from '../../config/problem.js';

/** Addresses that stand for every interface, and where such a server is found from the same machine. */
const EVERY_INTERFACE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export type OwnServer =
  | { readonly kind: 'found'; readonly url: string }
  | { readonly kind: 'unusable'; readonly problems: readonly Problem[] };

/**
 * `http://host:port` of a server of the lockstep that runs with the same configuration. Of that configuration only the
 * address matters: neither source nor secret have to be there.
 */
export function ownServer(server: ListeningServer, inputs: SettingInputs): OwnServer {
  const { listen, problems } = collectListen(server, inputs);
  if (listen === null) return { kind: 'unusable', problems };
  const unusable = whyUnusable(server, listen);
  if (unusable !== null) return { kind: 'unusable', problems: [unusable] };
  const host = EVERY_INTERFACE[listen.addr] ?? listen.addr;
  return { kind: 'found', url: `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}` };
}

function whyUnusable(server: ListeningServer, { enabled, port }: { enabled: boolean; port: number }): Problem | null {
  if (!enabled) {
    return {
      setting: `--${server}.enabled`,
      value: 'false',
      reason: 'leaves nothing that could be asked',
      fix: `Set ${envName(`${server}.enabled`)}=true for lockstep and for this command`,
    };
  }
  if (port !== 0) return null;
  return {
    setting: `--${server}.port`,
    value: '0',
    reason: 'picks a port that this command cannot know',
    fix: 'Give both the same fixed port',
  };
}
