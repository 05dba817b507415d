import { LOG_LEVELS } from '../util/log.js';
import { method, type RpcMethod } from './method.js';
import { ANYTHING, BLOCK_NUMBER, HASH, integer, oneOf } from './params.js';
import { refusal } from './refusal.js';

/** Events in one answer, at most. */
const MAX_EVENTS = 100;

/** lockstep speaks to no peers, so this is no placeholder. The names are those of op-node (op-node/p2p, PeerStats). */
const NO_PEERS = {
  connected: 0,
  table: 0,
  blocksTopic: 0,
  blocksTopicV2: 0,
  blocksTopicV3: 0,
  blocksTopicV4: 0,
  banned: 0,
  known: 0,
};

const BLOCK = { name: 'block', type: BLOCK_NUMBER };

const OPTIMISM: readonly RpcMethod[] = [
  method({
    name: 'optimism_syncStatus',
    params: [],
    answer:
      'L2: the blocks that the EL shows, with the L1 origin out of their first transaction; a label that the EL does not have is genesis. `pending_safe_l2` is safe, `cross_unsafe_l2` is unsafe, `local_safe_l2` is that of the consensus client where the EL has the block, else safe. L1: as the consensus client of the source told it last; `current_l1` of the newest status whose safe head the EL has reached; all zeros where nothing is known',
    call: ({ optimism }) => optimism.syncStatus(),
  }),
  method({
    name: 'optimism_outputAtBlock',
    params: [BLOCK],
    answer:
      'computed from the block of the EL: from Isthmus on out of its header, before that with `eth_getProof`, for which the EL needs the state of that block (op-reth: `--rpc.eth-proof-window`)',
    call: ({ optimism }, block) => optimism.outputAtBlock(block),
  }),
  method({
    name: 'optimism_rollupConfig',
    params: [],
    answer:
      'that of `--l2.follow.source.cl`, asked for once a minute at most, after its genesis block was compared with that of the EL; refused without one',
    call: ({ optimism }) => optimism.rollupConfig(),
  }),
  method({
    name: 'optimism_version',
    params: [],
    answer: '`lockstep/v` and the version',
    call: ({ version }) => `lockstep/v${version}`,
  }),
  method({
    name: 'optimism_safeHeadAtL1Block',
    params: [BLOCK],
    answer: 'refused: a follower does not know by which L1 block an L2 block became safe',
    call: () => {
      throw refusal('not-served', 'not-tracked', 'safe heads by L1 block are not tracked by a follower');
    },
  }),
];

const OTHERS: readonly RpcMethod[] = [
  method({
    name: 'opp2p_peerStats',
    params: [],
    answer: 'zeros, which is the truth: lockstep speaks to no peers',
    call: () => NO_PEERS,
  }),
  method({
    name: 'health_status',
    params: [],
    answer: 'the version, as op-node has it; use `/livez` and `/readyz` to learn something',
    call: ({ version }) => version,
  }),
  method({
    name: 'rpc_modules',
    params: [],
    answer: 'the namespaces that are served',
    call: ({ modules }) => modules,
  }),
];

const FOLLOW: readonly RpcMethod[] = [
  method({
    name: 'follow_status',
    params: [],
    answer: 'state, reason and both sides as of the last turn of the loop; with `--dry-run` also what would be done',
    call: ({ follow }) => follow.status,
  }),
  method({
    name: 'follow_events',
    params: [
      { name: 'after', type: integer(0, Number.MAX_SAFE_INTEGER), fallback: 0 },
      { name: 'limit', type: integer(1, MAX_EVENTS), fallback: MAX_EVENTS },
    ],
    answer: 'what happened after the event with this number, oldest first, and how many of those are no longer kept',
    call: ({ events }, after, limit) => events.after(after, limit),
  }),
  method({
    name: 'follow_pause',
    params: [],
    admin: true,
    answer: 'null; lockstep holds with the reason `paused` until it is resumed or restarted',
    call: ({ controls }) => done(() => controls.pause()),
  }),
  method({
    name: 'follow_resume',
    params: [],
    admin: true,
    answer: 'null; both sides are identified and compared before the next write',
    call: ({ controls }) => done(() => controls.resume()),
  }),
  method({
    name: 'follow_recheck',
    params: [],
    admin: true,
    answer: 'null; both sides are identified and compared anew at once',
    call: ({ controls }) => done(() => controls.recheck()),
  }),
];

const ADMIN: readonly RpcMethod[] = [
  method({
    name: 'admin_setLogLevel',
    params: [{ name: 'level', type: oneOf(LOG_LEVELS) }],
    admin: true,
    answer: 'null; until the next start',
    call: ({ controls }, level) => done(() => controls.setLogLevel(level)),
  }),
  method({
    name: 'admin_sequencerActive',
    params: [],
    admin: true,
    answer: 'false',
    call: () => false,
  }),
  method({
    name: 'admin_conductorEnabled',
    params: [],
    admin: true,
    answer: 'false',
    call: () => false,
  }),
  method({
    name: 'admin_resetDerivationPipeline',
    params: [],
    admin: true,
    answer: 'null; nothing is derived here, so it is `follow_recheck`',
    call: ({ controls }) => done(() => controls.recheck()),
  }),
  ...(
    [
      ['admin_startSequencer', [{ name: 'head', type: HASH }]],
      ['admin_stopSequencer', []],
      ['admin_overrideLeader', []],
      ['admin_postUnsafePayload', [{ name: 'payload', type: ANYTHING }]],
    ] as const
  ).map(([name, params]) =>
    method({
      name,
      params,
      admin: true,
      answer: 'refused: lockstep is no sequencer, and every block comes from the source',
      call: () => {
        throw refusal('not-served', 'not-a-sequencer', 'lockstep builds no blocks and takes none from callers');
      },
    }),
  ),
];

/** Every method that there is. docs/rpc.md is generated from this table. */
export const RPC_METHODS: readonly RpcMethod[] = [...OPTIMISM, ...OTHERS, ...FOLLOW, ...ADMIN];

/** What is served: all of it to who may, else what only reads. */
export function servedMethods(enableAdmin: boolean): readonly RpcMethod[] {
  return RPC_METHODS.filter(({ isAdmin }) => enableAdmin || !isAdmin);
}

/** The namespaces of the methods, in the form of rpc_modules. */
export function modulesOf(methods: readonly RpcMethod[]): Readonly<Record<string, string>> {
  return Object.fromEntries(methods.map(({ name }) => [name.slice(0, name.indexOf('_')), '1.0']));
}

function done(act: () => void): null {
  act();
  return null;
}
