/** ENOENT, EACCES, EADDRINUSE, ...: the system's own name for why an operation failed. */
export function systemErrorCode(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'unknown error';
}
