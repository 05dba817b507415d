import { type Module, type ModuleImport, type Modules, roomOf } from './modules.js';

interface Grant {
  /** A room, or one file of a room. */
  readonly to: string;
  /** Only `import type`: the room may name these things and may not run them. */
  readonly typesOnly?: true;
}

const EVERYTHING = 'everything';

/** Which room may import what. A room that is not in this table does not exist. */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly Grant[] | typeof EVERYTHING>> = {
  util: [],
  chain: [{ to: 'util' }],
  page: [{ to: 'util/duration-text.ts' }],
  payload: [{ to: 'chain' }, { to: 'util' }],
  recovery: [{ to: 'chain' }, { to: 'util' }],
  source: [{ to: 'chain' }, { to: 'util' }, { to: 'payload/block-reply.ts' }],
  engine: [{ to: 'chain' }, { to: 'util' }, { to: 'payload', typesOnly: true }],
  follow: [
    { to: 'chain' },
    { to: 'payload' },
    { to: 'recovery' },
    { to: 'util' },
    { to: 'source/source.ts' },
    { to: 'engine/engine.ts' },
  ],
  status: [
    { to: 'chain' },
    { to: 'recovery' },
    { to: 'util' },
    { to: 'engine/engine.ts', typesOnly: true },
    { to: 'follow/state.ts', typesOnly: true },
    { to: 'follow/action.ts', typesOnly: true },
    { to: 'follow/el-sync-state.ts', typesOnly: true },
    { to: 'page/wire.ts', typesOnly: true },
  ],
  rpc: [
    { to: 'chain' },
    { to: 'payload' },
    { to: 'status' },
    { to: 'util' },
    { to: 'engine/chain-reader.ts', typesOnly: true },
    { to: 'follow/state.ts', typesOnly: true },
    { to: 'source/source.ts', typesOnly: true },
  ],
  record: [
    { to: 'chain' },
    { to: 'recovery' },
    { to: 'util' },
    { to: 'follow/decide.ts' },
    { to: 'follow/learn.ts' },
    { to: 'follow/situation.ts' },
    { to: 'follow/state.ts' },
    { to: 'follow/action.ts', typesOnly: true },
    { to: 'engine/engine.ts', typesOnly: true },
  ],
  config: [{ to: 'util' }],
  app: EVERYTHING,
  main: EVERYTHING,
  launch: [{ to: 'util' }],
};

/** The hot path fetch, verify, send, and the decisions between: ethers costs a hundred times too much there. */
const ROOMS_WITHOUT_ETHERS = ['chain', 'payload', 'source', 'engine', 'follow', 'recovery'];

/** Every import of src that the table does not allow, and every room that the table does not know. */
export function forbiddenImports(modules: Modules): string[] {
  return inSource(modules).flatMap((module) => {
    const room = roomOf(module.path) ?? '';
    const grants = ALLOWED_IMPORTS[room];
    if (grants === undefined) return [`${module.path}: room ${room} is not in the import table`];
    return module.imports.flatMap((entry) => {
      if (entry.target === null) return [];
      const reason = whyForbidden(room, grants, entry.target, entry.typeOnly);
      return reason === null ? [] : [`${module.path}: ${reason}`];
    });
  });
}

function whyForbidden(
  room: string,
  grants: readonly Grant[] | typeof EVERYTHING,
  target: string,
  typeOnly: boolean,
): string | null {
  const targetRoom = roomOf(target);
  if (targetRoom === null) return `src must not import ${target}`;
  if (targetRoom === room || grants === EVERYTHING) return null;
  const grant = grants.find(({ to }) => to === targetRoom || `src/${to}` === target);
  if (grant === undefined) return `${room} must not import ${target}`;
  return grant.typesOnly === true && !typeOnly ? `${room} may import only types from ${target}` : null;
}

/** Every file of src that lies on a cycle of imports (types count: a cycle of nouns is a missing room). */
export function importCycles(modules: Modules): string[] {
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    trail.push(file);
    for (const entry of modules.get(file)?.imports ?? []) {
      if (entry.target !== null) visit(entry.target);
    }
    trail.pop();
    state.set(file, 'done');
  };
  for (const module of inSource(modules)) visit(module.path);
  return found;
}

/** Every way by which ethers gets onto the hot path, also through another file. */
export function ethersOnHotPath(modules: Modules): string[] {
  return inSource(modules)
    .filter((module) => ROOMS_WITHOUT_ETHERS.includes(roomOf(module.path) ?? ''))
    .flatMap((module) =>
      reachable(modules, module.path)
        .filter((reached) => reached.imports.some((entry) => entry.packageName === 'ethers' && !entry.typeOnly))
        .map((reached) => `${module.path}: reaches ethers through ${reached.path}`),
    );
}

/** The module and every project file that running it loads: type-only imports are erased and do not count. */
export function reachable(modules: Modules, start: string): Module[] {
  const seen = new Set<string>([start]);
  for (const file of seen) {
    for (const entry of modules.get(file)?.imports ?? []) {
      if (runs(entry)) seen.add(entry.target);
    }
  }
  return [...seen].flatMap((file) => modules.get(file) ?? []);
}

function runs(entry: ModuleImport): entry is ModuleImport & { target: string } {
  return entry.target !== null && !entry.typeOnly;
}

function inSource(modules: Modules): Module[] {
  return [...modules.values()].filter((module) => module.path.startsWith('src/'));
}
