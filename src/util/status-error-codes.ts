import { EXIT, type CodeEntry } from './exit-codes.js';

/** What `lockstep status` can report when a lockstep that runs is asked. */
export const STATUS_ERROR_CODES = {
  STATUS_UNREACHABLE: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'no connection to the RPC of lockstep',
    fix: 'Start lockstep, or name the URL of its RPC; without one, --rpc.addr and --rpc.port have to be those of the lockstep that runs.',
  },
  STATUS_TIMEOUT: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the RPC of lockstep did not answer in full before the deadline',
    fix: 'Check the network, and the load of the machine that lockstep runs on.',
  },
  STATUS_BAD_BODY: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the answer is not a JSON-RPC reply',
    fix: 'Check that the URL is that of the RPC of lockstep (port 9545 unless --rpc.port says otherwise), and not its metrics or a web page.',
  },
  STATUS_SCHEMA: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the answer is not that of lockstep',
    fix: 'Check that the URL is that of the RPC of lockstep, and that its version is about the one of this command.',
  },
  STATUS_OVERSIZE: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the answer is larger than any of lockstep',
    fix: 'Check that the URL is that of the RPC of lockstep.',
  },
  STATUS_RPC_ERROR: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'a JSON-RPC error was answered',
    fix: 'Read the error: what does not know follow_status is not lockstep.',
  },
} as const satisfies Record<string, CodeEntry>;
