import type { EngineProfile } from './profile.js';
import type { EngineModel } from './state.js';

/**
 * What was given up is off the disk now. It is known like every other block from here on; an EL that unwinds has lost it,
 * or has it in memory still.
 */
export function afterRemoval(
  { removed }: EngineProfile,
  engine: EngineModel,
): readonly [EngineModel, ...EngineModel[]] {
  if (engine.fading === 0n) return [engine];
  const kept = { ...engine, fading: 0n };
  if (removed !== 'dies') return [kept];
  const { known, states, fading } = engine;
  return [{ ...kept, known: known & ~fading, states: states & ~fading }, kept];
}
