import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import type { FollowWorld } from './follow-world.js';
import { isForkchoice, isWrite, type WireCall } from '../../devnet/proxy/wire-log.js';

const DEADLINE_MS = 30_000;

/** A stretch of a run: what lockstep logged, and what passed the proxies, since it began. */
export class Episode {
  readonly #lockstep: LockstepProcess;
  readonly #world: FollowWorld;
  readonly #firstLine: number;
  readonly #firstSourceCall: number;
  readonly #firstEngineCall: number;

  constructor(world: FollowWorld, lockstep: LockstepProcess) {
    this.#world = world;
    this.#lockstep = lockstep;
    this.#firstLine = lockstep.log().length;
    this.#firstSourceCall = world.source.log.calls.length;
    this.#firstEngineCall = world.engine.log.calls.length;
  }

  /** The log lines that carry these fields. */
  lines(fields: JsonObject = {}): readonly JsonObject[] {
    const matches = (line: JsonObject): boolean => Object.entries(fields).every(([key, value]) => line[key] === value);
    return this.#lockstep.log().slice(this.#firstLine).filter(matches);
  }

  /** The first line with these fields, as soon as it is there. */
  async until(fields: JsonObject): Promise<JsonObject> {
    return waitUntil(`a log line with ${JSON.stringify(fields)}`, () => this.lines(fields)[0], DEADLINE_MS);
  }

  /** One line per hold that began. */
  get holds(): readonly JsonObject[] {
    return this.lines({ msg: 'Holding: nothing changes in the EL' });
  }

  /** The reason of each hold that ended. */
  get releases(): readonly (JsonValue | undefined)[] {
    return this.lines({ msg: 'The hold is over' }).map(({ was }) => was);
  }

  /** Waits for the hold; the reason and the code of its error, where it has one, are part of the line. */
  untilHolding(reason: string): Promise<JsonObject> {
    return this.until({ msg: 'Holding: nothing changes in the EL', reason });
  }

  /** Waits until the loop has looked at the EL so many times more: whatever it was about to do, it has done. */
  async turns(count: number): Promise<void> {
    const looks = (): number => this.engineCalls.filter(isLook).length;
    const wanted = looks() + count;
    await waitUntil(`${count} more looks at the EL`, () => looks() >= wanted, DEADLINE_MS);
  }

  get sourceCalls(): readonly WireCall[] {
    return this.#world.source.log.calls.slice(this.#firstSourceCall);
  }

  get engineCalls(): readonly WireCall[] {
    return this.#world.engine.log.calls.slice(this.#firstEngineCall);
  }

  /** The state-changing calls, without a forkchoice that only repeats the one before it (the keep-alive). */
  get writes(): readonly WireCall[] {
    const all = this.#world.engine.log.calls.filter(isWrite);
    const changing = all.filter((call, index) => !repeats(call, all[index - 1]));
    const since = new Set(this.engineCalls);
    return changing.filter((call) => since.has(call));
  }
}

/** One per turn: the whole look, or that at the head alone, which a forkchoice is read back with as well. */
function isLook({ method, params, exchange }: WireCall, index: number, calls: readonly WireCall[]): boolean {
  if (method === 'eth_syncing') return true;
  const [before, after] = [calls[index - 1], calls[index + 1]];
  if (params[0] !== 'latest' || after?.exchange === exchange) return false;
  return before === undefined || !isForkchoice(before);
}

function repeats(call: WireCall, before: WireCall | undefined): boolean {
  return (
    call.method.startsWith('engine_forkchoiceUpdated') &&
    before?.method === call.method &&
    JSON.stringify(before.params) === JSON.stringify(call.params)
  );
}

/** The text of a field of a log line. */
export function textOf(line: JsonObject | undefined, field: string): string {
  const value = isJsonObject(line) ? line[field] : undefined;
  return typeof value === 'string' ? value : '';
}
