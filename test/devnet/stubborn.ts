/** Code for `node -e`: says `up`, ignores SIGTERM and never ends. */
export const STUBBORN = "process.on('SIGTERM', () => 0); setInterval(() => 0, 1000); console.log('up')";
