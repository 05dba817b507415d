import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { type ExitCode, type Severity } from './exit-codes.js';
import { withoutSecrets } from './secrets.js';

/** Plain facts about an error: numbers, short strings, never a secret and never unescaped remote text. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null>>;

interface ErrorParts {
  /** What exactly was wrong, with the offending value. */
  readonly detail?: string;
  readonly data?: ErrorData;
  readonly cause?: unknown;
}

/** The one error class. Its code decides severity and exit code; nobody matches on the message. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  readonly code: ErrorCode;
  readonly data: ErrorData;
  /** The message without the meaning of the code. */
  readonly detail: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts = {}) {
    const { meaning } = ERROR_CODES[code];
    super(parts.detail === undefined ? meaning : `${meaning}: ${parts.detail}`, { cause: parts.cause });
    this.code = code;
    this.data = parts.data ?? {};
    this.detail = parts.detail;
  }

  get severity(): Severity {
    return ERROR_CODES[this.code].severity;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code].exit;
  }

  get fix(): string {
    return ERROR_CODES[this.code].fix;
  }
}

/** Anything thrown, as a LockstepError: what is not one already is a bug and keeps its cause. */
export function asLockstepError(thrown: unknown): LockstepError {
  if (thrown instanceof LockstepError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new LockstepError('INTERNAL', { detail, cause: thrown });
}

const REMOTE_TEXT_MAX_CHARS = 200;
/** What is searched for secrets: none of them that begins in what is shown ends behind it. */
const SEARCHED_MAX_CHARS = 4_096;

/**
 * Text from another machine, made safe for a log or a terminal: control characters escaped, length capped, and without the
 * credentials that it was asked with.
 */
export function remoteText(text: string): string {
  const told = withoutSecrets(text.slice(0, SEARCHED_MAX_CHARS));
  const capped = told.length > REMOTE_TEXT_MAX_CHARS ? `${told.slice(0, REMOTE_TEXT_MAX_CHARS)}...` : told;
  return escapeControls(capped);
}

/** Control characters and the Unicode ones that reorder or break lines, as \uXXXX. */
export function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
