import { request } from 'undici';
import { collectListen } from '../../config/config.js';
import type { SettingInputs } from '../../config/layers.js';
import type { Problem } from '../../config/problem.js';
import { remoteText } from '../../util/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../util/json.js';
import { systemErrorCode } from '../../util/system-error.js';

/** A probe that takes longer has failed; supervisors give up after about as long. */
const PROBE_TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 4_096;

/** Addresses that stand for every interface, and where such a server is found from the same machine. */
const EVERY_INTERFACE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export type Probe =
  | { readonly kind: 'answered'; readonly healthy: boolean; readonly line: string }
  | { readonly kind: 'unusable'; readonly problems: readonly Problem[] };

/**
 * Asks the lockstep that runs with the same configuration whether it is alive, or ready. Of that configuration only
 * the address of the metrics server matters: neither source nor secret have to be there.
 */
export async function probeHealth(inputs: SettingInputs, path: '/livez' | '/readyz'): Promise<Probe> {
  const { listen, problems } = collectListen(inputs);
  if (listen === null) return { kind: 'unusable', problems };
  const unusable = whyUnusable(listen);
  if (unusable !== null) return { kind: 'unusable', problems: [unusable] };
  const host = EVERY_INTERFACE[listen.addr] ?? listen.addr;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}${path}`;
  const deadline = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const { statusCode, body } = await request(url, { signal: deadline });
    const answer = parsed(await readCapped(body));
    return { kind: 'answered', healthy: statusCode === 200, line: `${url} ${statusCode}${told(answer)}` };
  } catch (thrown) {
    const why = deadline.aborted ? `within ${PROBE_TIMEOUT_MS} ms` : `(${systemErrorCode(thrown)})`;
    return { kind: 'answered', healthy: false, line: `${url} no answer ${why}` };
  }
}

function whyUnusable({ enabled, port }: { enabled: boolean; port: number }): Problem | null {
  if (!enabled) {
    return {
      setting: '--metrics.enabled',
      value: 'false',
      reason: 'leaves nothing that could be asked',
      fix: 'Set LOCKSTEP_METRICS_ENABLED=true for lockstep and for this command',
    };
  }
  if (port !== 0) return null;
  return {
    setting: '--metrics.port',
    value: '0',
    reason: 'picks a port that this command cannot know',
    fix: 'Give both the same fixed port',
  };
}

/** The start of the body; the rest of an answer that is not ours is not waited for. */
async function readCapped(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): JsonObject {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? body : {};
  } catch {
    return {};
  }
}

function told({ state, reason, criteria }: JsonObject): string {
  const failed = Array.isArray(criteria) ? criteria.flatMap(failedText) : [];
  const named = reason === state || failed.some((text) => text.startsWith(`${wordOf(reason)} `)) ? undefined : reason;
  const words = [state, named, ...failed].filter((word) => typeof word === 'string');
  return words.length === 0 ? '' : ` ${remoteText(words.join(', '))}`;
}

/** The state is told in a word of its own. */
function failedText(criterion: JsonValue): string[] {
  if (!isJsonObject(criterion) || criterion['ok'] !== false || criterion['name'] === 'state') return [];
  const { name, value, limit } = criterion;
  return [`${wordOf(name)} ${wordOf(value)} (limit ${wordOf(limit)})`];
}

function wordOf(value: JsonValue | undefined): string {
  return typeof value === 'object' ? 'unknown' : String(value);
}
