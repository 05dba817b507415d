import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ElKind } from '../../devnet/els/el.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { ChaosWorld } from './chaos-world.js';
import { begin } from './incidents.js';
import { schedule, type Incident, type IncidentKind } from './schedule.js';

/** What one schedule came to. */
export interface ChaosResult {
  readonly counts: ReadonlyMap<IncidentKind, number>;
  /** From the end of the last incident to equal heads; null where that did not come. */
  readonly convergedMs: number | null;
  readonly blocks: number;
  /** What was not as it must be; none is right. */
  readonly faults: readonly string[];
}

export interface ChaosOptions {
  readonly kind: ElKind;
  readonly seed: string;
  readonly lengthMs: number;
  /** Where the evidence of a failed schedule goes. */
  readonly evidenceDir: string;
}

/** Back-offs, cool-downs and waits for lost answers may all be at their longest when the last incident ends. */
const CONVERGE_DEADLINE_MS = 240_000;
const LAST_BLOCKS = 3;

/** Runs one schedule on processes of its own, and sees what comes of it once everything has ended. */
export async function runSchedule({ kind, seed, lengthMs, evidenceDir }: ChaosOptions): Promise<ChaosResult> {
  const chaos = await ChaosWorld.start(kind, seed);
  const incidents = schedule(seed, lengthMs);
  const run = new Run(chaos, incidents);
  let faults: readonly string[] = ['the run was broken off'];
  try {
    faults = await run.toTheEnd();
    return run.result(faults);
  } finally {
    if (faults.length > 0) run.writeEvidence(join(evidenceDir, `${kind}-${seed.replaceAll(/\W/g, '-')}`), faults);
    await chaos.close(faults.length > 0 ? 'keep' : 'delete');
  }
}

class Run {
  readonly #counts = new Map<IncidentKind, number>();
  readonly #events: { readonly t: string; readonly what: string; readonly error?: string }[] = [];
  readonly #failed: string[] = [];
  #convergedMs: number | null = null;

  constructor(
    private readonly chaos: ChaosWorld,
    private readonly incidents: readonly Incident[],
  ) {}

  async toTheEnd(): Promise<readonly string[]> {
    const { world, lockstep } = this.chaos;
    const { producer } = world.rig;
    producer.start();
    const startedAt = performance.now();
    const lanes = new Set(this.incidents.map(({ lane }) => lane));
    const runs = [...lanes].map((lane) => this.incidents.filter((incident) => incident.lane === lane));
    await Promise.all(runs.map((incidents) => this.#lane(incidents, startedAt)));
    await producer.stop();
    if (producer.failure !== null) this.#failed.push(`the producer: ${messageOf(producer.failure)}`);
    await producer.produce(LAST_BLOCKS);
    await this.#converge();
    const breaches = await wireBreaches(world.engine.log, world.recoveryRules);
    return [...this.#failed, ...lockstep.failures.map((failure) => `lockstep: ${failure}`), ...breaches];
  }

  result(faults: readonly string[]): ChaosResult {
    const { head } = this.chaos.world.rig.producer;
    return { counts: this.#counts, convergedMs: this.#convergedMs, blocks: head.number, faults };
  }

  async #lane(incidents: readonly Incident[], startedAt: number): Promise<void> {
    for (const incident of incidents) {
      await wait(Math.max(0, startedAt + incident.atMs - performance.now()));
      await this.#befall(incident);
    }
  }

  /** What cannot befall a part that is down does not count; what begins always ends. */
  async #befall(incident: Incident): Promise<void> {
    const { kind, size } = incident;
    try {
      const end = await begin(this.chaos, incident);
      this.#note(`${kind} (${size})`);
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      await wait(incident.forMs);
      await end();
      this.#note(`${kind}: over`);
    } catch (error) {
      this.#note(kind, error);
      if (kind !== 'EL on a branch of its own') this.#failed.push(`${kind}: ${messageOf(error)}`);
    }
  }

  async #converge(): Promise<void> {
    const since = performance.now();
    try {
      await this.chaos.untilEqual(CONVERGE_DEADLINE_MS);
      this.#convergedMs = performance.now() - since;
    } catch (error) {
      this.#failed.push(messageOf(error));
    }
  }

  #note(what: string, error?: unknown): void {
    const t = new Date().toISOString();
    this.#events.push(error === undefined ? { t, what } : { t, what, error: messageOf(error) });
  }

  /** The events, the log of the engine port, and every log of the run. */
  writeEvidence(dir: string, faults: readonly string[]): void {
    const { world } = this.chaos;
    mkdirSync(dir, { recursive: true });
    const lines = (items: readonly unknown[]): string => items.map((item) => JSON.stringify(item)).join('\n');
    writeFileSync(join(dir, 'faults.txt'), faults.join('\n'));
    writeFileSync(join(dir, 'events.jsonl'), lines(this.#events));
    writeFileSync(join(dir, 'engine-port.jsonl'), lines(world.engine.log.calls));
    writeFileSync(join(dir, 'source-port.jsonl'), lines(world.source.log.calls));
    cpSync(world.rig.dir, join(dir, 'files'), { recursive: true, filter: (file) => !file.endsWith('/db') });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}
