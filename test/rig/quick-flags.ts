export const POLL_FLAG = '--l2.follow.poll-interval';

/** Quick tickers, so that a test does not wait for what it does not look at. */
export const QUICK_FLAGS: readonly string[] = [POLL_FLAG, '100ms', '--l2.follow.safety-interval', '200ms'];
