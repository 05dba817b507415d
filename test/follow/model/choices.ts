/**
 * The open questions of one run (does this call time out?), answered by a script and by the first option behind its end. A
 * number that is too large for a question counts on from its first option.
 */
export class Choices {
  readonly #script: readonly number[];
  readonly taken: { readonly option: number; readonly of: number }[] = [];

  constructor(script: readonly number[]) {
    this.#script = script;
  }

  pick<T>(options: readonly [T, ...T[]]): T {
    const option = (this.#script[this.taken.length] ?? 0) % options.length;
    this.taken.push({ option, of: options.length });
    return options[option]!;
  }
}

/** Runs once for every way in which the questions of the run can be answered. */
export function forEveryChoice(run: (choices: Choices) => void): void {
  let script: number[] | null = [];
  while (script !== null) {
    const choices = new Choices(script);
    run(choices);
    script = nextScript(choices);
  }
}

function nextScript({ taken }: Choices): number[] | null {
  for (let last = taken.length - 1; last >= 0; last -= 1) {
    const { option, of } = taken[last]!;
    if (option + 1 < of) return [...taken.slice(0, last).map((each) => each.option), option + 1];
  }
  return null;
}
