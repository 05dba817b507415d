import { expect } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { Episode } from '../rig/episode.js';
import type { AnswerFault } from '../../devnet/proxy/faults.js';
import type { FollowWorld } from '../rig/follow-world.js';

/** Lockstep at the head of a source whose blocks can be spoiled. */
export class SpoiledBlocks {
  constructor(
    private readonly world: FollowWorld,
    private readonly lockstep: LockstepProcess,
  ) {}

  /** Three new blocks, the middle one spoiled: the line of its refusal, and the EL stands at the one before it. */
  async refusalOf(fault: AnswerFault, method: string): Promise<JsonObject> {
    const episode = new Episode(this.world, this.lockstep);
    const spoiled = await this.#spoilMiddle(fault, [method]);
    const line = await episode.until({ msg: 'A block of the source was refused', at: spoiled });
    expect(await this.world.localHead()).toBe(spoiled - 1);
    await this.mend();
    expect(line['lvl']).toBe('error');
    return line;
  }

  /** Three new blocks, the middle one spoiled for good: the line of the hold, which leaves the EL alone and ends. */
  async holdOver(reason: string, fault: AnswerFault, ...methods: string[]): Promise<JsonObject> {
    const episode = new Episode(this.world, this.lockstep);
    const spoiled = await this.#spoilMiddle(fault, methods);
    const line = await episode.untilHolding(reason);
    const held = new Episode(this.world, this.lockstep);
    await held.turns(2);
    expect(held.writes).toEqual([]);
    expect(await this.world.localHead()).toBe(spoiled - 1);
    await this.mend();
    await episode.until({ msg: 'The hold is over', was: reason });
    expect(episode.holds).toHaveLength(1);
    expect(line['lvl']).toBe('warn');
    return line;
  }

  async mend(): Promise<void> {
    this.world.source.heal();
    await this.world.untilEqual();
  }

  /** Lockstep sees the new blocks all at once; gives back the height of the spoiled one. */
  async #spoilMiddle(fault: AnswerFault, methods: readonly string[]): Promise<number> {
    const { source, rig } = this.world;
    const height = rig.producer.head.number + 2;
    await source.freeze();
    await rig.producer.produce(3);
    for (const method of methods) source.inject({ match: { method, tag: `0x${height.toString(16)}` }, fault });
    source.unview();
    return height;
  }
}

/** Changes the value at a dotted path of a result; the empty path is the result itself. */
export function changed(path: string, value: JsonValue | ((old: JsonValue) => JsonValue)): AnswerFault {
  return { kind: 'mutate', path, value };
}

/** Changes a result that is one text. */
export function changedText(change: (old: string) => string): AnswerFault {
  return changed('', (old) => (typeof old === 'string' ? change(old) : old));
}
