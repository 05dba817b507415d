import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processFacts } from '../process/process-facts.js';
import { projectRoot } from '../project-root.js';
import { STACK_KINDS, type StackKind } from './kinds.js';
import type { StackPart } from './stack.js';

/** A process that is told from another one with the same pid. */
export interface ProcessMark {
  readonly pid: number;
  /** Of ProcessFacts; null when the process had ended before it could be read. */
  readonly identity: string | null;
}

export type PartRecord = StackPart & ProcessMark;

/** `state.json`: what the commands know of a devnet in the background. */
export interface DevnetState {
  readonly kind: StackKind;
  readonly seed: string;
  /** down: ended on purpose, or failed to start. */
  readonly phase: 'starting' | 'ready' | 'down';
  /** ISO 8601. */
  readonly startedAt: string;
  /** From the start of the program to the first block that lockstep followed; null before. */
  readonly readyAfterMs: number | null;
  /** The process that owns all others. */
  readonly daemon: ProcessMark;
  readonly parts: readonly PartRecord[];
}

/** Ignored by git. */
export const DEVNETS_DIR = join(projectRoot, '.devnet');

const STATE_FILE = 'state.json';

/** What the background process says, in the folder. */
export const DAEMON_LOG = 'devnet.log';

export function markOf(pid: number): ProcessMark {
  return { pid, identity: processFacts(pid)?.identity ?? null };
}

/** Whether exactly that process still runs; a stranger with its pid is not it. */
export function isRunning({ pid, identity }: ProcessMark): boolean {
  return identity !== null && processFacts(pid)?.identity === identity;
}

export function folderOf(root: string, kind: StackKind): string {
  return join(root, kind);
}

/** Readers see the old state or the new one, never a part of either. */
export function writeState(folder: string, state: DevnetState): void {
  const file = join(folder, STATE_FILE);
  writeFileSync(`${file}.new`, JSON.stringify(state, null, 2));
  renameSync(`${file}.new`, file);
}

export function readState(folder: string): DevnetState | null {
  const file = join(folder, STATE_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DevnetState) : null;
}

/** Whether the folder may be emptied for a new devnet: it holds one, or nothing. */
export function isDevnetFolder(folder: string): boolean {
  return readState(folder) !== null || readdirSync(folder).every((entry) => entry === DAEMON_LOG);
}

export interface FoundDevnet {
  readonly folder: string;
  readonly state: DevnetState;
}

/**
 * The devnet that a command means: the named kind, else the only one that has not been taken down.
 * @throws Error that says what there is.
 */
export function findDevnet(root: string, kind: StackKind | null): FoundDevnet {
  const candidates = (kind === null ? STACK_KINDS : [kind]).flatMap((candidate): FoundDevnet[] => {
    const folder = folderOf(root, candidate);
    const state = readState(folder);
    return state === null || (kind === null && state.phase === 'down') ? [] : [{ folder, state }];
  });
  const [found, ...others] = candidates;
  if (found === undefined) throw new Error(`no ${kind ?? 'devnet'} is up; \`devnet up\` starts one`);
  if (others.length > 0) {
    const kinds = candidates.map(({ state }) => state.kind).join(', ');
    throw new Error(`several devnets are up (${kinds}): say which one by --kind`);
  }
  return found;
}
