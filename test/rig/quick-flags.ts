export const POLL_FLAG = '--l2.follow.poll-interval';

/**
 * Quick tickers, so that a test does not wait for what it does not look at. Not quicker than this: what a few followers at
 * rest ask takes processor time from the tests beside them.
 */
export const QUICK_FLAGS: readonly string[] = [POLL_FLAG, '200ms', '--l2.follow.safety-interval', '400ms'];
