import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { LockstepError, remoteText } from '../../util/errors.js';
import { systemErrorCode } from '../../util/system-error.js';

const SECRET_BYTES = 32;

/**
 * Writes a fresh secret that only the owner can read. An existing file is never touched.
 * @throws LockstepError FILE_NOT_WRITTEN when the file exists or cannot be written
 */
export function writeJwtSecret(path: string): void {
  try {
    writeFileSync(path, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    const why = code === 'EEXIST' ? 'exists and is left as it is' : `cannot be written (${code})`;
    throw new LockstepError('FILE_NOT_WRITTEN', { detail: `${remoteText(path)} ${why}`, cause: thrown });
  }
}
