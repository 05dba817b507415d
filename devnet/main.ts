import { isCommand, parseCommand } from './commands/cli.js';
import { runDevnet } from './devnet.js';
import { parseFlags } from './flags.js';
import { Screen } from './view/screen.js';

/** Everything must be gone this long after a signal; what is still starting then dies with our pipes. */
const STOP_DEADLINE_MS = 30_000;
const FORCED_EXIT = 130;

const stopping = new AbortController();

function stop(): void {
  if (stopping.signal.aborted) process.exit(FORCED_EXIT);
  stopping.abort();
  setTimeout(() => process.exit(FORCED_EXIT), STOP_DEADLINE_MS).unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

const screen = new Screen(process.stdout);

const argv = process.argv.slice(2);

function run(): Promise<boolean> {
  if (!isCommand(argv)) return runDevnet(parseFlags(argv), screen, stopping.signal);
  return parseCommand(argv)((line) => screen.say(line), stopping.signal);
}

try {
  const done = await run();
  process.exitCode = done ? 0 : 1;
} catch (error) {
  for (let cause = error; cause instanceof Error; cause = cause.cause) screen.say(`error: ${cause.message}`);
  process.exitCode = 1;
}
