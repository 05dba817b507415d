/** Modules of undici that it declares for its front door alone. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';
  const UndiciPool: typeof Pool;
  export default UndiciPool;
}

declare module 'undici/lib/core/connect.js' {
  import type { buildConnector } from 'undici';
  const undiciBuildConnector: typeof buildConnector;
  export default undiciBuildConnector;
}
