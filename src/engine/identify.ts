import { remoteText } from '../util/errors.js';
import { toNumber } from '../util/hex.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import { schemaError } from './answer.js';
import { OUR_METHODS, readCapabilities } from './capabilities.js';
import type { EngineClient } from './client.js';
import type { EngineIdentity } from './engine.js';
import { readRefAt } from './heads.js';

/**
 * Asks the EL what it is; nothing is written.
 * @param ourVersion the version of lockstep, which engine_getClientVersionV1 tells the EL
 * @param now wall clock in ms
 * @throws LockstepError ENGINE_*, ABORTED
 */
export async function identify(
  client: EngineClient,
  ourVersion: string,
  now: () => number,
  signal: AbortSignal,
): Promise<EngineIdentity> {
  const { result, date } = await client.dated({ method: 'eth_chainId', params: [] }, signal);
  const clockSkewMs = readClockSkew(date, now());
  const chainId = toNumber(result);
  if (chainId === undefined) throw schemaError('eth_chainId is not a quantity');
  const genesis = await readRefAt(client, 0, signal);
  if (genesis === null) throw schemaError('the EL has no block 0');
  const listed = await client.callOptional({ method: 'engine_exchangeCapabilities', params: [OUR_METHODS] }, signal);
  const version = await client.callOptional(
    { method: 'engine_getClientVersionV1', params: [ourClientVersion(ourVersion)] },
    signal,
  );
  return {
    chainId,
    genesis,
    capabilities: readCapabilities(listed ?? []),
    clientVersion: readClientVersion(version),
    clockSkewMs,
  };
}

/** ClientVersionV1 (execution-apis, engine/identification.md). `commit` is mandatory, and a package has none. */
function ourClientVersion(version: string): JsonValue {
  return { code: 'LS', name: 'lockstep', version, commit: '0x00000000' };
}

/** `name version` of the first client of the list: a multiplexer before several ELs lists them all. */
function readClientVersion(answer: JsonValue): string | null {
  if (answer === null) return null;
  const clients: readonly JsonValue[] = Array.isArray(answer) ? answer : [];
  const [first] = clients;
  if (!isJsonObject(first)) throw schemaError('the client version is not a list of clients');
  const { name, version } = first;
  if (typeof name !== 'string' || typeof version !== 'string') throw schemaError('the client version lacks its name');
  return remoteText(`${name} ${version}`);
}

/** Good to about a second, which is what a Date header carries, plus the way of the reply. */
function readClockSkew(date: string | null, nowMs: number): number | null {
  const theirsMs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirsMs) ? null : nowMs - theirsMs;
}
