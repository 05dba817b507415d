import { lean } from './lean.js';

/** Modules that cost a part of every start and that lockstep never runs. */
export const leanLockstep = lean([
  {
    // It loads HTTP/2 and TLS of Node; undici offers HTTP/2 only where `allowH2` is set.
    module: /undici\/lib\/dispatcher\/client-h2\.js$/,
    contents: `module.exports = () => { throw new Error('HTTP/2 was not offered'); };`,
  },
]);
