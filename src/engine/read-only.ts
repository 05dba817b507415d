import type { Engine, EngineReader } from './engine.js';

/** The EL for whoever looks at it and must not change it: what would is not there. */
export function readOnly(engine: Engine): EngineReader {
  return {
    name: engine.name,
    get profile() {
      return engine.profile;
    },
    get hangUps() {
      return engine.hangUps;
    },
    identify: (signal) => engine.identify(signal),
    head: (signal) => engine.head(signal),
    heads: (signal) => engine.heads(signal),
    refAt: (number, signal) => engine.refAt(number, signal),
    syncing: (signal) => engine.syncing(signal),
    peerCount: (signal) => engine.peerCount(signal),
    canSetHead: (signal) => engine.canSetHead(signal),
    forgets: (hash, signal) => engine.forgets(hash, signal),
    close: () => engine.close(),
  };
}
