/** What has to be true for lockstep to be ready: the words of `/readyz` and of `lockstep_ready_criterion`. */
export const CRITERION_MEANINGS = {
  loop: 'the loop neither turned nor finished anything for longer than its calls may take',
  state: 'lockstep is in another state than following',
  source: 'the source was not read for so many seconds',
  engine: 'the EL was not read for so many seconds',
  lag: 'the EL is so many blocks behind the head of the source',
  progress: 'the source is ahead and the EL has not moved for so many seconds',
  age: 'the head of the EL is so many seconds old; judged only where a limit is given',
} as const;

export type CriterionName = keyof typeof CRITERION_MEANINGS;

export interface Criterion {
  readonly name: CriterionName;
  readonly ok: boolean;
  /** Null where it is not known. */
  readonly value: number | string | null;
  /** The greatest value that is still well, or the one that is; null: it is not judged. */
  readonly limit: number | string | null;
}

/** What a caller of `/readyz` may set. */
export interface ReadyLimits {
  readonly maxLagBlocks: number;
  /** Null: a chain may stand still, so the age of its head is not judged. */
  readonly maxAgeSeconds: number | null;
}

/** The query parameters that set them. */
const PARAMETERS = { max_lag: 'maxLagBlocks', max_age: 'maxAgeSeconds' } as const;
const DIGITS = /^\d{1,9}$/;

/** Reads `?max_lag=5&max_age=30`; text: what is wrong with it, without repeating it (T11). */
export function readLimits(query: URLSearchParams): Partial<ReadyLimits> | string {
  const limits: { -readonly [Name in keyof ReadyLimits]?: number } = {};
  for (const name of query.keys()) {
    if (!isParameter(name)) return `the parameters are ${Object.keys(PARAMETERS).join(' and ')}`;
    const values = query.getAll(name);
    const [text = ''] = values;
    if (values.length > 1 || !DIGITS.test(text)) return `${name} takes one whole number of up to nine digits`;
    limits[PARAMETERS[name]] = Number(text);
  }
  return limits;
}

function isParameter(name: string): name is keyof typeof PARAMETERS {
  return Object.hasOwn(PARAMETERS, name);
}
