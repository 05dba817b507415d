import { EXIT } from '../util/exit-codes.js';

interface ExitMeaning {
  readonly meaning: string;
  /** Whether starting again without a change can help. */
  readonly restart: 'no' | 'yes' | '-';
}

/** What each exit code tells the supervisor; shown by --help and docs/errors.md. */
const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, ExitMeaning>> = {
  clean: { meaning: 'stopped as asked, or the command succeeded', restart: '-' },
  usage: { meaning: 'the command line cannot be read', restart: 'no' },
  notReady: { meaning: 'lockstep status: it runs, and is not ready', restart: '-' },
  unavailable: {
    meaning: 'source or execution client not reachable at start; a healthcheck or status that fails',
    restart: 'yes',
  },
  internal: { meaning: 'internal error', restart: 'yes' },
  watchdog: { meaning: 'the engine port of the execution client hangs: please restart', restart: 'yes' },
  identity: { meaning: 'source and execution client do not fit together, or lack a capability', restart: 'no' },
  auth: { meaning: 'the execution client refuses the JWT', restart: 'no' },
  config: { meaning: 'the configuration is not usable', restart: 'no' },
  finalizedDivergence: {
    meaning: 'the source contradicts a finalized block, with --halt-on-finalized-divergence',
    restart: 'no',
  },
  unrecoverable: {
    meaning: 'recovery is impossible for this execution client, with --halt-on-unrecoverable',
    restart: 'no',
  },
  forced: { meaning: 'a second signal cut the shutdown short', restart: '-' },
};

export function exitEntries(): { code: number; meaning: ExitMeaning }[] {
  return Object.entries(EXIT).map(([name, code]) => ({ code, meaning: EXIT_MEANINGS[name as keyof typeof EXIT] }));
}
