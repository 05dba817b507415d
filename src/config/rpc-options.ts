import type { OptionDeclaration } from './declaration.js';
import * as value from './values.js';

const RPC = '4. RPC';

/** The JSON-RPC server: names and defaults are those of op-node. */
export const RPC_OPTIONS = {
  'rpc.enabled': {
    group: RPC,
    describe: 'Serve health and the JSON-RPC of a consensus client over HTTP',
    type: value.boolean,
    default: 'true',
  },
  'rpc.addr': {
    group: RPC,
    describe: 'Address the RPC server listens on',
    type: value.host,
    default: '127.0.0.1',
  },
  'rpc.port': {
    group: RPC,
    describe: 'Port of the RPC server; 0 picks a free one',
    type: value.integer(0, 65535),
    default: '9545',
  },
  'rpc.enable-admin': {
    group: RPC,
    describe: 'Serve the methods that pause, resume and recheck as well, to whoever reaches the port',
    type: value.boolean,
    default: 'false',
  },
  'rpc.strict': {
    group: RPC,
    describe: 'Exit with code 78 when the RPC port is taken, instead of running on without RPC',
    type: value.boolean,
    default: 'false',
  },
  'status.enabled': {
    group: RPC,
    describe: 'Serve the live page at /status of the same port: it reads, and changes nothing',
    type: value.boolean,
    default: 'true',
  },
} as const satisfies Record<string, OptionDeclaration>;
