import type { ChaosWorld } from './chaos-world.js';
import type { Incident, IncidentKind } from './schedule.js';

/** Ends an incident. */
type End = () => void | Promise<void>;

type Begin = (chaos: ChaosWorld, size: number) => End | Promise<End>;

const NOTHING_TO_END: End = () => undefined;

const WRITES = /^engine_(newPayload|forkchoiceUpdated)/;
const ENGINE = /^engine_/;
const MAX_REORG_BLOCKS = 12;

const BEGIN: Readonly<Record<IncidentKind, Begin>> = {
  'EL killed': ({ world: { rig } }) => {
    process.kill(rig.follower.pid, 'SIGKILL');
    return () => rig.restartFollower('SIGKILL');
  },
  'EL stopped': async ({ world: { rig } }) => {
    await rig.follower.stop();
    return () => rig.restartFollower('SIGTERM');
  },
  'EL suspended': (chaos) => {
    chaos.signalEl('SIGSTOP');
    return () => chaos.signalEl('SIGCONT');
  },
  'EL on a branch of its own': async (chaos, size) => {
    const depth = size % 6;
    await chaos.leadAstray(depth, depth + 1 + (size % 4));
    return NOTHING_TO_END;
  },
  'lockstep killed': async ({ lockstep }) => {
    await lockstep.end('SIGKILL');
    return () => lockstep.start();
  },
  'lockstep stopped': async ({ lockstep }) => {
    await lockstep.end('SIGTERM');
    return () => lockstep.start();
  },
  'lockstep suspended': ({ lockstep }) => {
    lockstep.signal('SIGSTOP');
    return () => lockstep.signal('SIGCONT');
  },
  'source late': (chaos, size) => chaos.fault('source', { kind: 'delay', ms: 20 * size, when: 'before' }),
  'source answers 503': (chaos) => chaos.fault('source', { kind: 'status', code: 503 }),
  'source answers 429': (chaos) =>
    chaos.fault('source', { kind: 'status', code: 429, headers: { 'retry-after': '1' } }),
  'source resets': (chaos) => chaos.fault('source', { kind: 'drop-before' }),
  'source drips': (chaos) => chaos.fault('source', { kind: 'drip', chunkBytes: 64, everyMs: 20 }),
  'source lags': ({ world: { source } }, size) => {
    source.rewind({ latest: 1 + (size % 10), safe: size % 3, finalized: size % 2 });
    return () => source.unview();
  },
  'source frozen': async ({ world: { source } }) => {
    await source.freeze();
    return () => source.unview();
  },
  'source is two replicas': async ({ world: { source, rig }, replica }, size) => {
    if (size % 2 === 0) await replica.freeze();
    else replica.rewind({ latest: 1 + (size % 8) });
    source.useUpstreams(rig.source.httpUrl, replica.url);
    return () => {
      source.useUpstreams(rig.source.httpUrl);
      replica.unview();
    };
  },
  'source down': async ({ world: { source } }) => {
    await source.down();
    return () => source.up();
  },
  'engine answer lost': (chaos) => chaos.fault('engine', { kind: 'drop-after-apply' }, { method: WRITES, times: 2 }),
  'engine port hangs': (chaos) => chaos.fault('engine', { kind: 'hang', applied: true }, { method: ENGINE }),
  'engine late': (chaos, size) => chaos.fault('engine', { kind: 'delay', ms: 10 * size, when: 'after' }),
  'engine resets': (chaos, size) =>
    chaos.fault('engine', { kind: size % 2 === 0 ? 'drop-before' : 'reset-on-reuse' }, { times: 1 + (size % 5) }),
  'source reorganises': async ({ world: { rig } }, size) => {
    const depth = 1 + (size % MAX_REORG_BLOCKS);
    await rig.producer.fork(rig.producer.head.number - depth, depth + (size % 3));
    return NOTHING_TO_END;
  },
  'source falls back': async ({ world: { rig } }, size) => {
    await rig.producer.rewind(rig.producer.head.number - 1 - (size % 4));
    return NOTHING_TO_END;
  },
};

/** Lets an incident befall the world; the result ends it. */
export async function begin(chaos: ChaosWorld, { kind, size }: Incident): Promise<End> {
  return BEGIN[kind](chaos, size);
}
