import type { EXIT } from '../util/exit-codes.js';

interface ExitGuide {
  /** What lockstep did before it ended, or leaves behind. */
  readonly before: string;
  /** What the operator does. */
  readonly todo: readonly string[];
}

const READ_THE_LINE = 'Do what `fix` in the last line says; the table names every error that ends so.';

/** What to do about every exit code but 0; docs/runbook.md is made of it. */
export const EXIT_GUIDES: Readonly<Record<Exclude<keyof typeof EXIT, 'clean'>, ExitGuide>> = {
  usage: {
    before: 'Nothing was started. The message names the flag or word, and the nearest one that exists.',
    todo: ['Correct the command line; `lockstep run --help` lists every flag.'],
  },
  notReady: {
    before: '`lockstep status` was answered by a lockstep that runs, and changed nothing.',
    todo: [
      'Read the first sentence and the lines below it: a hold has an entry above, and any other state ends by itself.',
      'Where it is following all the same, `/readyz` of the same port names the criterion that fails.',
    ],
  },
  unavailable: {
    before:
      'It waited for `--boot-timeout` with one line at level warn (`Waiting to start`), and wrote nothing to the EL. ' +
      'Once it has started a side that goes away is a hold. `lockstep healthcheck` ends so as well when it fails, and `lockstep status` when it gets no answer.',
    todo: [
      'Start the side that `code` names, or correct its URL; `lockstep check` looks at both and changes nothing.',
      'Let the supervisor restart it, or give it a longer `--boot-timeout`.',
    ],
  },
  internal: {
    before: 'A bug: no call to the EL was sent after it. The next start observes the EL before it sends anything.',
    todo: ['Restart (a supervisor does).', 'Report the line with its stack and the lines before it.'],
  },
  watchdog: {
    before:
      'The engine port took calls and answered none, or none of those that change the EL, for `--engine-watchdog`; `lockstep_el_hang_seconds` showed it grow.',
    todo: [
      'Restart the EL: its process lives, and its engine port does not answer.',
      'Restart lockstep (a supervisor does): it observes the EL before it sends anything, and waits if the EL still hangs.',
    ],
  },
  identity: {
    before:
      'At the start nothing was written. Later it held first, had source and EL prove their chain once more, and wrote nothing from the first doubt on.',
    todo: [
      '`IDENTITY_*`: source, its consensus client and the EL have to be of one chain: compare chain id and genesis in `err`.',
      'Any other code: the EL or the source lacks what this chain needs; upgrade it as `fix` says. A restart does not help.',
    ],
  },
  auth: {
    before:
      'The EL refused a token that was just made, at the start. Once lockstep runs that is a hold (`engine-unavailable`).',
    todo: [
      '`ENGINE_AUTH`: give both the same secret file; `lockstep jwt` makes one.',
      '`CLOCK_SKEW`: synchronise the clocks of both machines (NTP); 60 s is what the Engine API allows.',
    ],
  },
  config: {
    before: 'Nothing was started; every mistake is listed with its place and its cure.',
    todo: [READ_THE_LINE, '`lockstep config` shows the effective values and where each came from.'],
  },
  finalizedDivergence: {
    before:
      'As the hold `finalized-divergence`, with `--halt-on-finalized-divergence`. The EL stands where it stood; the journal keeps what was final.',
    todo: [
      'As for [`finalized-divergence`](#finalized-divergence): a third node tells which side is wrong.',
      'Do not restart before that is decided: it would end so again.',
    ],
  },
  unrecoverable: {
    before:
      'As the hold `recovery-failed`, with `--halt-on-unrecoverable`: `err` tells what each way came to, and what helps.',
    todo: ['As for [`recovery-failed`](#recovery-failed); then restart.'],
  },
  forced: {
    before:
      'A second signal came before the shutdown was over (5 s at most: the call under way ends, no other is sent). What became of that call the next start observes.',
    todo: ['Nothing; give the supervisor 10 s before it sends a second signal.'],
  },
};
