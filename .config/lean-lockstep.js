import { lean } from './lean.js';

/** Modules that cost a part of every start and that lockstep never runs. */
export const leanLockstep = lean([
  {
    // It loads HTTP/2 and TLS of Node; undici offers HTTP/2 only where `allowH2` is set.
    module: /undici\/lib\/dispatcher\/client-h2\.js$/,
    contents: `module.exports = () => { throw new Error('HTTP/2 was not offered'); };`,
  },
  {
    // No route says by a schema what it takes or answers: JSON-RPC is read by its own rules.
    module: /@fastify\/(?:ajv-compiler|fast-json-stringify-compiler)\/index\.js$/,
    contents: `module.exports = () => () => { throw new Error('a route has a schema, and no compiler is bundled'); };`,
  },
  {
    // fastify compares its version with the one that a plugin asks for.
    module: /node_modules\/semver\/index\.js$/,
    contents: `
      const none = () => { throw new Error('a plugin asks for a version of fastify, and semver is not bundled'); };
      module.exports = { gt: none, coerce: none, satisfies: none };
    `,
  },
  {
    // Builds tables of Unicode when it is loaded, for texts that only help and the terminal view lay out.
    module: /string-width\/index\.js$/,
    contents: `
      let loaded = null;
      export default function stringWidth(...given) {
        loaded ??= require('./index.js?loaded').default;
        return loaded(...given);
      }
    `,
  },
  {
    // Metrics are scraped.
    module: /prom-client\/lib\/pushgateway\.js$/,
    contents: `module.exports = class { constructor() { throw new Error('the push gateway is not bundled'); } };`,
  },
  {
    // The trace that an exemplar names; metrics here have no exemplars.
    module: /@opentelemetry\/api\/dist\/index\.cjs$/,
    contents: '',
  },
]);
