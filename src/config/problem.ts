/** Where the text of a setting came from: `cli`, `env:LOCKSTEP_L2`, `file:lockstep.yaml:3` or `default`. */
export type Origin = 'cli' | 'default' | `env:${string}` | `file:${string}`;

/** One thing that is wrong with the configuration. No field ever holds a secret. */
export interface Problem {
  /** The flag with its dashes, or the file or variable that is at fault. */
  readonly setting: string;
  /** The offending text as it may be shown. */
  readonly value?: string;
  readonly origin?: Origin;
  readonly reason: string;
  readonly fix: string;
}

/** `--log.level "loud" (env:LOCKSTEP_LOG_LEVEL) is not a known word. Use one of trace, debug.` */
export function problemText(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` "${problem.value}"`;
  const origin = problem.origin === undefined ? '' : ` (${problem.origin})`;
  return `${problem.setting}${value}${origin} ${problem.reason}. ${problem.fix}.`;
}
