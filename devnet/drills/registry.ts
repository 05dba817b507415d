import type { ElKind } from '../els/el.js';
import type { StackKind } from '../stack/kinds.js';
import { BRANCH_DRILLS } from './branch-drills.js';
import type { Drill } from './drill.js';
import { ENGINE_DRILLS } from './engine-drills.js';
import { RESTART_DRILLS } from './restart-drills.js';
import { SOURCE_DRILLS } from './source-drills.js';

const BY_SUBJECT: readonly Drill[] = [...RESTART_DRILLS, ...SOURCE_DRILLS, ...ENGINE_DRILLS, ...BRANCH_DRILLS];

/** Every drill, in the order in which `all` runs them. */
export const DRILLS: readonly Drill[] = [
  ...BY_SUBJECT.filter(({ fromGenesis }) => fromGenesis),
  ...BY_SUBJECT.filter(({ fromGenesis }) => !fromGenesis),
];

/** What stands for all drills that fit a devnet. */
export const ALL = 'all';

/** Whether a drill makes sense in a devnet of a kind with that follower EL. */
export function fits({ kinds, followers }: Drill, kind: StackKind, follower: ElKind): boolean {
  return kinds.includes(kind) && (followers?.includes(follower) ?? true);
}

/**
 * The drills that the names of a command line mean, in order.
 * @throws Error for a name that does not exist, and for a drill that makes no sense here.
 */
export function chooseDrills(names: readonly string[], kind: StackKind, follower: ElKind): readonly Drill[] {
  return names.flatMap((name) => {
    if (name === ALL) return DRILLS.filter((drill) => fits(drill, kind, follower));
    const drill = DRILLS.find((candidate) => candidate.name === name);
    if (drill === undefined) throw new Error(`no drill ${name}: \`devnet drill list\` shows them`);
    if (!fits(drill, kind, follower)) throw new Error(`${name} is not for ${kind} with ${follower}`);
    return [drill];
  });
}

/** For `devnet drill list`. */
export function drillRows(): readonly (readonly string[])[] {
  const rows = DRILLS.map(({ name, kinds, followers, what }) => [
    name,
    kinds.join(' ') + (followers === undefined ? '' : ` (follower ${followers.join(', ')})`),
    what,
  ]);
  return [['drill', 'devnets', 'what happens'], ...rows];
}
