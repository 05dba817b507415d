/**
 * retry: the cause is expected to pass, the next tick tries again. hold: stay up, change nothing in the EL, keep
 * looking. halt: stop the process with the exit code.
 */
export type Severity = 'retry' | 'hold' | 'halt';

/** Exit codes are an interface (reference: sysexits where one fits). A supervisor must not restart on 2, 76, 77, 78. */
export const EXIT = {
  clean: 0,
  usage: 2,
  unavailable: 69,
  internal: 70,
  identity: 76,
  auth: 77,
  config: 78,
  forced: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CodeEntry {
  readonly severity: Severity;
  /** The exit code when this error ends the process (at boot, or at any time for severity halt). */
  readonly exit: ExitCode;
  /** What happened, for the table in docs/errors.md and as the start of the message. */
  readonly meaning: string;
  /** What the operator can do. */
  readonly fix: string;
}

/** Every error lockstep can report. docs/errors.md is generated from this table. */
export const ERROR_CODES = {
  USAGE: {
    severity: 'halt',
    exit: EXIT.usage,
    meaning: 'the command line cannot be read',
    fix: 'Run `lockstep --help`.',
  },
  CONFIG_INVALID: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the configuration is not usable',
    fix: 'Correct each listed setting; `lockstep config` shows the effective values and where each came from.',
  },
  FILE_NOT_WRITTEN: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'a file cannot be written',
    fix: 'Choose another path; lockstep never overwrites a file.',
  },
  ALREADY_RUNNING: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'another lockstep on this machine is driving the same EL',
    fix: 'Stop the other process, or point this one at its own EL.',
  },
  METRICS_PORT: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the metrics address cannot be bound',
    fix: 'Choose a free --metrics.port, or drop --metrics.strict to run without metrics.',
  },
  SOURCE_UNREACHABLE: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'no connection to the source',
    fix: 'Check the host and port of --l2.follow.source (and of its .cl, where the message names it) and that the source is up.',
  },
  SOURCE_TIMEOUT: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the source did not answer in full before the deadline',
    fix: 'Check the source and the network, or raise --l2.follow.source.rpc-timeout.',
  },
  SOURCE_THROTTLED: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the source limits our rate',
    fix: 'Lower --l2.follow.source.max-concurrency or ask the provider for a higher limit.',
  },
  SOURCE_AUTH: {
    severity: 'hold',
    exit: EXIT.config,
    meaning: 'the source refused our credentials',
    fix: 'Check the key or password in the source URL and --l2.follow.source.header; an engine port (8551) is not a source.',
  },
  SOURCE_BAD_BODY: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the source answered something that is not a JSON-RPC reply',
    fix: 'Check that --l2.follow.source names an execution RPC (its .cl a consensus client) and not a web page or a proxy error.',
  },
  SOURCE_SCHEMA: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the source answered JSON that breaks the JSON-RPC, eth_ or optimism_ schema',
    fix: 'Check the provider; lockstep drops the reply and asks again.',
  },
  SOURCE_OVERSIZE: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the reply of the source is larger than the cap',
    fix: 'Check the provider: no block of this chain should be this large.',
  },
  SOURCE_REDIRECT: {
    severity: 'retry',
    exit: EXIT.config,
    meaning: 'the source redirects, which lockstep never follows',
    fix: 'Set --l2.follow.source (its .cl, where the message names it) to the final URL.',
  },
  SOURCE_RPC_ERROR: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the source answered a JSON-RPC error',
    fix: 'Read the error: the provider may not serve this method.',
  },
  SOURCE_IS_CL: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the source answers as a consensus client (optimism_*), not as an execution RPC',
    fix: 'Set --l2.follow.source to the execution RPC (eth_*) of that node; this URL belongs to --l2.follow.source.cl.',
  },
  SOURCE_NOT_CL: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the consensus client of the source does not know optimism_syncStatus, so it is none',
    fix: 'Set --l2.follow.source.cl to the RPC of an op-node, kona-node or op-supernode; an execution RPC belongs to --l2.follow.source.',
  },
  SOURCE_IS_OWN_EL: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the source is the local EL itself, so there is nothing to follow',
    fix: 'Set --l2.follow.source to another node.',
  },
  SOURCE_NO_BLOCKS: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'the source serves no form of block that can be replayed',
    fix: 'Use a source with debug_getRawBlock, or one that serves full blocks with known transaction types.',
  },
  ENGINE_UNREACHABLE: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'no connection to the EL engine port',
    fix: 'Start the EL; --l2 must name its engine (authrpc) port, usually 8551.',
  },
  ENGINE_TIMEOUT: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the EL did not answer before the deadline; the outcome of the call is unknown until it is observed',
    fix: 'Check the EL and its disk; lockstep observes before it sends anything again.',
  },
  ENGINE_AUTH: {
    severity: 'hold',
    exit: EXIT.auth,
    meaning: 'the EL refused the JWT',
    fix: 'Give lockstep and the EL the same --l2.jwt-secret file and keep both clocks within 60 s.',
  },
  ENGINE_FORBIDDEN: {
    severity: 'hold',
    exit: EXIT.auth,
    meaning: 'the EL refused our Host header',
    fix: 'Add the host name of --l2 to the EL flag --authrpc.vhosts.',
  },
  ENGINE_BAD_BODY: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the EL answered something that is not a JSON-RPC reply',
    fix: 'Check that --l2 names the engine port of the EL.',
  },
  ENGINE_SCHEMA: {
    severity: 'retry',
    exit: EXIT.identity,
    meaning: 'the EL answered JSON that breaks the Engine API schema',
    fix: 'Check the EL version; report it with the log line.',
  },
  ENGINE_OVERSIZE: {
    severity: 'hold',
    exit: EXIT.identity,
    meaning: 'the EL refuses the payload as too large, or answered more than the cap',
    fix: 'Raise the request size limit of the EL or of the proxy before it.',
  },
  ENGINE_RPC_ERROR: {
    severity: 'retry',
    exit: EXIT.identity,
    meaning: 'the EL answered a JSON-RPC error',
    fix: 'Read the error and the log of the EL.',
  },
  ENGINE_ENCODING: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'the EL does not take the method version or the fields of a verified payload',
    fix: 'Check that the EL version supports the fork of this chain; upgrade the EL or lockstep.',
  },
  ENGINE_CAPABILITY: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'the EL lacks an Engine API method that following needs',
    fix: 'Upgrade the EL.',
  },
  ENGINE_NOT_OP_STACK: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'the source follows the rules of the OP Stack, which this EL does not know: it would refuse every block',
    fix: 'Run an OP Stack EL (op-geth, op-reth) with the genesis of the chain instead; nothing was written to the EL.',
  },
  IDENTITY_CHAIN_ID: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'source and EL are on different chains',
    fix: 'Point both at the same chain; nothing was written to the EL.',
  },
  IDENTITY_GENESIS: {
    severity: 'halt',
    exit: EXIT.identity,
    meaning: 'source and EL have different genesis blocks',
    fix: 'Initialise the EL with the genesis of the source (an OP Stack one needs op-geth or op-reth), whose .cl must be of the same chain; nothing was written to the EL.',
  },
  CLOCK_SKEW: {
    severity: 'halt',
    exit: EXIT.auth,
    meaning: 'our clock and the clock of the EL differ by more than the Engine API allows (60 s)',
    fix: 'Synchronise both clocks (NTP).',
  },
  BLOCK_MALFORMED: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the block of the source cannot be decoded',
    fix: 'Check the provider; nothing of the block reached the EL.',
  },
  BLOCK_HASH_MISMATCH: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the header of the source does not hash to the block that was asked for',
    fix: 'Check the provider; nothing of the block reached the EL.',
  },
  BLOCK_ROOT_MISMATCH: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'transactions, withdrawals or requests of the block do not match its header',
    fix: 'Check the provider; nothing of the block reached the EL.',
  },
  BLOCK_LINK_MISMATCH: {
    severity: 'retry',
    exit: EXIT.unavailable,
    meaning: 'the block does not follow its predecessor (parent hash, number or timestamp)',
    fix: 'The source may be a load balancer over nodes on different branches; lockstep drops the plan and looks again.',
  },
  BLOCK_UNSUPPORTED_FORK: {
    severity: 'hold',
    exit: EXIT.identity,
    meaning: 'the block belongs to a fork that lockstep does not know or cannot carry',
    fix: 'Upgrade lockstep to a version that knows the fork; until then the EL stays at the block before it.',
  },
  BLOCK_UNKNOWN_TRANSACTION: {
    severity: 'hold',
    exit: EXIT.identity,
    meaning: 'the block holds a transaction type that cannot be encoded from JSON',
    fix: 'Use a source that serves debug_getRawBlock.',
  },
  BLOCK_REQUESTS_UNKNOWN: {
    severity: 'hold',
    exit: EXIT.identity,
    meaning: 'the execution requests of the block could not be rebuilt to match requestsHash',
    fix: 'Use a source that serves eth_getBlockReceipts, and eth_call at the parent block: for old blocks that is an archive node.',
  },
  BLOCK_NOT_REPLAYABLE: {
    severity: 'hold',
    exit: EXIT.identity,
    meaning: 'the block predates the Engine API (pre-merge, pre-Bedrock)',
    fix: 'Start from an EL data directory that already holds these blocks.',
  },
  INTERNAL_FORKCHOICE_ORDER: {
    severity: 'halt',
    exit: EXIT.internal,
    meaning: 'a forkchoice that breaks finalized <= safe <= head was about to be made',
    fix: 'This is a bug in lockstep; nothing was sent. Report it with the log.',
  },
  INTERNAL: {
    severity: 'halt',
    exit: EXIT.internal,
    meaning: 'lockstep met a state it does not know',
    fix: 'This is a bug in lockstep. Report it with the log.',
  },
  ABORTED: {
    severity: 'retry',
    exit: EXIT.clean,
    meaning: 'the call was stopped because lockstep is shutting down or changed its plan',
    fix: 'None needed.',
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
