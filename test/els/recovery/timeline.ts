import type { JsonObject, JsonValue } from '../../../src/util/json.js';
import { textOf } from '../../rig/episode.js';
import type { WireCall, WireLog } from '../../../devnet/proxy/wire-log.js';
import type { Recovery } from './case.js';

const MOVED = 'Recovery: the EL was moved';
const NOT_MOVED = 'Recovery: the EL was not moved this way';
const FOUND = 'Recovery: the common ancestor is found, and the way back';
const DIVERGED = 'The EL is on another branch than the source';

/** What the log of lockstep and that of the source's port tell of the one recovery in them. */
export function recoveryIn(lines: readonly JsonObject[], source: WireLog, healedAtMs: number): Recovery {
  const begin = lines.find(({ msg }) => msg === DIVERGED);
  if (begin === undefined) throw new Error('lockstep never logged that the sides diverge');
  const begunAtMs = Date.parse(textOf(begin, 't'));
  const ways = lines.flatMap((line) => {
    const way = textOf(line, 'way');
    if (line['msg'] === MOVED) return [way];
    return line['msg'] === NOT_MOVED ? [`${way} (no)`] : [];
  });
  const searches = Number(lines.find(({ msg }) => msg === FOUND)?.['plan'] ?? 1);
  return {
    rungs: [...new Set(ways)],
    ms: healedAtMs - begunAtMs,
    searchCalls: searchCalls(source, begunAtMs),
    searches,
  };
}

/** Requests for single heights before the first one for a whole block. */
function searchCalls(source: WireLog, begunAtMs: number): number {
  const exchanges = new Set<number>();
  for (const call of source.calls) {
    if (call.atMs < begunAtMs) continue;
    if (isBody(call)) break;
    if (call.method === 'eth_getBlockByNumber' && isHeight(call.params[0])) exchanges.add(call.exchange);
  }
  return exchanges.size;
}

function isBody({ method, params }: WireCall): boolean {
  return method === 'debug_getRawBlock' || (method.startsWith('eth_getBlockBy') && params[1] === true);
}

function isHeight(param: JsonValue | undefined): boolean {
  return typeof param === 'string' && param.startsWith('0x');
}
