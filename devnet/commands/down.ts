import { waitUntil } from '../wait-until.js';
import { findDevnet, isRunning, writeState, type DevnetState, type ProcessMark } from '../stack/state-file.js';
import type { StackKind } from '../stack/kinds.js';

/** A geth that writes its state, after an op-node that finishes its block. */
const DAEMON_DEADLINE_MS = 40_000;

/** What a daemon leaves when it is killed ends with the pipes from it, within this time. */
const LEFTOVER_DEADLINE_MS = 15_000;

/** `devnet down`: ends a devnet in the background and verifies that nothing of it runs. Its files stay for reading. */
export async function down(root: string, kind: StackKind | null, say: (line: string) => void): Promise<boolean> {
  const { folder, state } = findDevnet(root, kind);
  if (isRunning(state.daemon)) {
    process.kill(state.daemon.pid, 'SIGTERM');
    await waitUntil('the devnet ends', () => !isRunning(state.daemon), DAEMON_DEADLINE_MS).catch(() => {
      say('it does not end by itself: killing it');
      process.kill(state.daemon.pid, 'SIGKILL');
    });
  } else if (state.phase !== 'down') {
    say('its background process is gone; looking for what it left');
  }
  await endLeftovers(state, say);
  writeState(folder, { ...state, phase: 'down' });
  say(`the ${state.kind} devnet is down; its logs are in ${folder}`);
  return true;
}

/** Ends the processes of a state whose owner is gone: those alone, by pid and start time. */
export async function endLeftovers(state: DevnetState, say: (line: string) => void): Promise<void> {
  const marks: readonly (ProcessMark & { readonly name?: string })[] = [state.daemon, ...state.parts];
  const left = (): typeof marks => marks.filter(isRunning);
  await waitUntil('its processes end', () => left().length === 0, LEFTOVER_DEADLINE_MS).catch(() => undefined);
  for (const { pid, name } of left()) {
    say(`killing ${name ?? 'the background process'} (pid ${pid})`);
    process.kill(pid, 'SIGKILL');
  }
  await waitUntil('its processes end', () => left().length === 0, LEFTOVER_DEADLINE_MS);
}
