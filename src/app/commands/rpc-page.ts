import { RPC_LIMITS } from '../../rpc/limits.js';
import type { RpcMethod } from '../../rpc/method.js';
import { RPC_METHODS } from '../../rpc/methods.js';
import { RPC_CODE_MEANINGS, RPC_CODES, type RpcCodeName } from '../../rpc/refusal.js';
import { EVENT_MEANINGS } from '../../status/event-log.js';
import { STREAM_LIMITS } from '../../status/live/streams.js';
import { code, table } from './markdown.js';

/** Who asks a consensus client for what, and whether lockstep can stand in (operators.md 2). */
const CALLERS: readonly (readonly [caller: string, needs: string, served: string])[] = [
  [
    'op-batcher',
    '`head_l1`, `safe_l2` and its origin, the rollup configuration',
    'yes, with `--l2.follow.source.cl`; tested with op-batcher 1.19.6 against a follower op-geth',
  ],
  [
    'op-proposer',
    '`finalized_l2`, `safe_l2`, `optimism_outputAtBlock`',
    'its calls, yes (the outputs equal those of op-node, tested); the program itself was not run against lockstep',
  ],
  [
    'proxyd, `consensus_aware_consensus_layer`',
    '`head_l1` not older than 5 min and at most 10 blocks above `current_l1`, safe at most local safe, the output at safe',
    'with `--l2.follow.source.cl`, and `consensus_skip_peer_count`, since there are no peers (what it expects is tested, proxyd itself was not run); without it L1 is zeros and proxyd leaves the node out',
  ],
  ['scripts, dashboards, `cast rpc`', 'numbers of `optimism_syncStatus`', 'yes'],
  ['op-challenger, dispute-mon', '`optimism_safeHeadAtL1Block`', 'no'],
  ['op-conductor', '`admin_startSequencer`, `admin_stopSequencer`', 'no: lockstep is no sequencer'],
  ['readiness of the Kurtosis optimism-package', '`opp2p_self`', 'no: lockstep has no node record'],
];

/** The lines of docs/rpc.md. */
export function rpcLines(): readonly string[] {
  return [
    ...introduction(),
    '',
    '## Methods',
    '',
    ...methodTable(RPC_METHODS.filter(({ isAdmin }) => !isAdmin)),
    '',
    '## Methods that need `--rpc.enable-admin`',
    '',
    'They are for whoever reaches the port: there are no passwords. Without the flag they do not exist.',
    '',
    ...methodTable(RPC_METHODS.filter(({ isAdmin }) => isAdmin)),
    '',
    'A pause takes effect at once, or after the blocks that a replay from far behind had asked for already. An EL that syncs with',
    'its own peers goes on doing so.',
    '',
    '## Who can use it in the place of op-node',
    '',
    ...table(['caller', 'needs', 'served'], CALLERS),
    '',
    ...livePage(),
    '',
    '## Events of `follow_events`',
    '',
    'Each has `seq`, `timeMs`, `event` and `facts`, in the words of the log. The newest of this process are kept.',
    '',
    ...table(
      ['event', 'when'],
      Object.entries(EVENT_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
    '',
    '## Errors',
    '',
    ...table(['code', 'meaning'], errorRows()),
  ];
}

function introduction(): readonly string[] {
  const { batch, bodyBytes, requestSeconds, silenceSeconds, connections, underWay } = RPC_LIMITS;
  return [
    'JSON-RPC 2.0 by POST on `/` of `--rpc.addr` and `--rpc.port`, 127.0.0.1:9545 as with op-node, unless `--rpc.enabled=false`.',
    'The same port serves `/healthz`, `/livez` and `/readyz`, and the live page (see below). A port that is taken is done without, with a warning;',
    '`--rpc.strict` exits with 78 instead. Serving costs 0.13 s of CPU at the start and 2 MB.',
    '',
    'What is said of L2 is read from the local EL: a block that it does not have is never named. What is said of L1 is what',
    'the consensus client of the source told, as nothing is derived here. A block that is not known is all zeros, as with op-node.',
    '',
    `Limits: ${bodyBytes / 1024} kB per request, ${batch} calls per batch, ${requestSeconds} s to send a request, ${silenceSeconds} s of silence,`,
    `${connections} connections, ${underWay} requests at a time. A request with an \`Origin\` header comes from a page in a browser and is refused.`,
    'Whoever asks for the sync status gets one that is at most 100 ms old. One request is answered per turn of the event loop, so a crowd',
    'waits for the following, and not the other way round.',
  ];
}

/** What the routes of the page are for, and who may ask. */
function livePage(): readonly string[] {
  const { streams, bufferedBytes } = STREAM_LIMITS;
  return [
    '## The live page',
    '',
    '`/status` shows source against local in a browser; `/` leads there. It asks nothing of other hosts, works with the keyboard',
    'alone and on a small screen, follows the light or dark theme of the browser, and shows itself for a wall with `/status?kiosk`.',
    'The files of the page are read when they are first asked for. `--status.enabled=false` takes it away.',
    '',
    ...table(
      ['route', 'answer'],
      [
        [code('/status'), 'the page; `/status/page.js` and `/status/style.css` belong to it'],
        [code('/status.json'), 'everything that it shows, put together once for all who ask within a second'],
        [
          code('/status/events'),
          `the same as server-sent events: \`whole\` at first, then \`tick\` once a second with what is new. For ${streams} readers at a time; one that does not take ${bufferedBytes / 1024 ** 2} MB is cut`,
        ],
        [
          code('/status/bundle.json'),
          'the diagnostic bundle: the same and all metrics. URLs are scheme and host in all of them',
        ],
      ],
    ),
    '',
    'They are read with GET, by whoever reaches the port, and change nothing. Other web sites are refused, by `Origin` and',
    '`Sec-Fetch-Site`. So is a public name in the header `Host`, which a site could point at this machine (DNS rebinding): a proxy',
    'that serves the page under one has to set `Host` to the address of lockstep.',
  ];
}

function methodTable(methods: readonly RpcMethod[]): readonly string[] {
  const rows = methods.map(({ name, params, answer }) => {
    const given = params.map((param) => `${param.name}: ${param.type.describe}${optional(param)}`);
    return [code(name), given.length === 0 ? '-' : given.join('; '), answer];
  });
  return table(['method', 'params', 'answer'], rows);
}

function optional({ fallback }: RpcMethod['params'][number]): string {
  return fallback === undefined ? '' : ` (default ${JSON.stringify(fallback)})`;
}

function errorRows(): string[][] {
  const names = Object.keys(RPC_CODES) as RpcCodeName[];
  return names.map((name) => [String(RPC_CODES[name]), RPC_CODE_MEANINGS[name]]);
}
