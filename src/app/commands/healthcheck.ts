import { request } from 'undici';
import type { SettingInputs } from '../../config/layers.js';
import type { Problem } from '../../config/problem.js';
import { remoteText } from '../../util/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../util/json.js';
import { systemErrorCode } from '../../util/system-error.js';
import { ownServer } from './own-server.js';

/** A probe that takes longer has failed; supervisors give up after about as long. */
const PROBE_TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 4_096;

export type Probe =
  | { readonly kind: 'answered'; readonly healthy: boolean; readonly line: string }
  | { readonly kind: 'unusable'; readonly problems: readonly Problem[] };

/** Asks the lockstep that runs with the same configuration whether it is alive, or ready. */
export async function probeHealth(inputs: SettingInputs, path: '/livez' | '/readyz'): Promise<Probe> {
  const server = ownServer('metrics', inputs);
  if (server.kind === 'unusable') return server;
  const url = `${server.url}${path}`;
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
