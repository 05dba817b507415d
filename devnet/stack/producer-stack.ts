import { join } from 'node:path';
import type { ElKind } from '../els/el.js';
import { startRig, type Rig } from '../rig/rig.js';
import { lockstepPart } from './lockstep-part.js';
import { elPart } from './part.js';
import type { EndSignal, Stack, StackPart } from './stack.js';

export interface ProducerStackOptions {
  readonly source: ElKind;
  readonly follower: ElKind;
  readonly dir: string;
  readonly seed: string;
  readonly txsPerBlock: number;
  readonly blockTimeMs: number;
  readonly lockstepFlags: readonly string[];
}

const LABEL_DISTANCES = { safeDistance: 5, finalizedDistance: 10 };

/** A source EL whose blocks are made by the producer of a rig, in our own process. */
export async function startProducerStack(
  options: ProducerStackOptions,
  onStart: (part: StackPart) => void,
): Promise<Stack> {
  const { lockstepFlags, ...rest } = options;
  const genesisTimestamp = Math.floor(Date.now() / 1_000);
  const rig = await startRig({ ...rest, ...LABEL_DISTANCES, genesisTimestamp, persistent: true, clock: 'wall' });
  try {
    await rig.startLockstep(lockstepFlags);
    rig.producer.start();
    const stack = new ProducerStack(rig, lockstepFlags);
    stack.parts.forEach(onStart);
    return stack;
  } catch (error) {
    await rig.close('keep');
    throw error;
  }
}

class ProducerStack implements Stack {
  private readonly restarts = new Map<string, number>();

  constructor(
    private readonly rig: Rig,
    private readonly lockstepFlags: readonly string[],
  ) {}

  get parts(): readonly StackPart[] {
    const { source, follower, lockstep, dir } = this.rig;
    const running = { source: elPart(source), follower: elPart(follower) };
    const parts =
      lockstep === null ? running : { ...running, lockstep: lockstepPart(lockstep, join(dir, 'lockstep.log')) };
    return Object.entries(parts).map(([name, part]) => ({ ...part, name, restarts: this.restarts.get(name) ?? 0 }));
  }

  get failure(): unknown {
    return this.rig.producer.failure;
  }

  async end(part: string, signal: EndSignal): Promise<void> {
    const { source, follower, lockstep, producer } = this.rig;
    if (part === 'source') await producer.stop();
    const running = { source, follower, lockstep }[requirePart(part)];
    await (signal === 'SIGTERM' ? running?.stop() : running?.kill());
  }

  async start(part: string): Promise<void> {
    switch (requirePart(part)) {
      case 'source':
        await this.rig.startSource();
        this.rig.producer.start();
        break;
      case 'follower':
        await this.rig.startFollower();
        break;
      case 'lockstep':
        await this.rig.startLockstep(this.lockstepFlags);
    }
    this.restarts.set(part, (this.restarts.get(part) ?? 0) + 1);
  }

  /** One block more than before, so that the head goes up. */
  async reorg(depth: number): Promise<void> {
    const { producer } = this.rig;
    await producer.fork(Math.max(0, producer.head.number - depth), depth + 1);
  }

  close(): Promise<void> {
    return this.rig.close('keep');
  }
}

const PARTS = ['source', 'follower', 'lockstep'] as const;

function requirePart(name: string): (typeof PARTS)[number] {
  const part = PARTS.find((candidate) => candidate === name);
  if (part === undefined) throw new Error(`no part ${name}; there are ${PARTS.join(', ')}`);
  return part;
}
