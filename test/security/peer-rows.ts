import type { ThreatRow } from './row.js';

/** What source, EL and whoever stands between may do. */
export const PEER_ROWS: readonly ThreatRow[] = [
  {
    id: 'T1',
    threat:
      'A compromised source: it withholds blocks, takes back unsafe and safe ones, or shows a valid minority chain as final',
    mitigation:
      'No block that was final in the EL is given up, whoever asks for it; a branch may be no deeper than `--recovery.max-depth`, and recoveries pause longer and longer. Each label is moved only to a block that the EL executed at that height. What is left is trust: the line at the start says so.',
    shown: [
      {
        file: 'test/integration/finality.test.ts',
        test: 'is not followed: the hold is told once, at level crit, with both hashes and what ends it',
      },
      {
        file: 'test/follow/ladder.test.ts',
        test: 'soon after a recovery waits for the pause to end, as the source may be flapping (A2)',
      },
      {
        file: 'test/follow/ladder.test.ts',
        test: 'is never searched for deeper than --recovery.max-depth, nor below what is final (A2)',
      },
      { file: 'test/chain/forkchoice.test.ts', test: 'that exists is in order, whatever it was made of' },
    ],
    without:
      'A quorum of sources, a cap on the age of finality and a pinned checkpoint are not there: one source is trusted for what is canonical, and a second opinion belongs in front of lockstep (a proxy with consensus of its own).',
  },
  {
    id: 'T2',
    threat: 'Somebody on the path to a source without TLS',
    mitigation:
      'Plain http and ws to a public host are refused, unless `--allow-insecure-source` accepts the risk with a warning. A process without certificate checks does not start.',
    shown: [
      {
        file: 'test/config/refused-urls.test.ts',
        test: 'with %s ends with code 78 and says what to do',
        of: 'an unencrypted source on a public name',
      },
      {
        file: 'test/config/refused-urls.test.ts',
        test: 'with %s ends with code 78 and says what to do',
        of: 'an unencrypted source on a mapped public IPv4 address',
      },
      {
        file: 'test/config/refused-urls.test.ts',
        test: 'with %s ends with code 78 and says what to do',
        of: 'certificate checks that are switched off',
      },
      {
        file: 'test/config/warnings.test.ts',
        test: 'with %s is used, with a warning',
        of: 'an unencrypted public source that is accepted',
      },
      {
        file: 'test/util/rpc-connection.test.ts',
        test: 'is certainly before sending when it is refused, unknown by name, or no TLS',
      },
    ],
    without:
      'A certificate authority of your own is added with NODE_EXTRA_CA_CERTS; a single certificate is not pinned.',
  },
  {
    id: 'T3',
    threat: 'The engine port across a network without TLS',
    mitigation: 'The default is loopback; another host over plain http is warned about.',
    shown: [
      {
        file: 'test/config/warnings.test.ts',
        test: 'with %s is used, with a warning',
        of: 'an unencrypted engine off this machine',
      },
    ],
  },
  {
    id: 'T4',
    threat: 'The JWT secret leaks',
    mitigation:
      'It is read from a file (with a warning where others can read it) or from the environment, never from the command line or a settings file. The key stays in one closure, and shows in no log, metric, error, answer, record or journal. lockstep starts no other process that could inherit it.',
    shown: [
      {
        file: 'test/config/refused-secrets.test.ts',
        test: 'with %s ends with code 78 and says what to do',
        of: 'an encoded secret on the command line',
      },
      {
        file: 'test/config/warnings.test.ts',
        test: 'with %s is used, with a warning',
        of: 'a secret file that everybody can read',
      },
      { file: 'test/engine/jwt.test.ts', test: 'shows neither key nor token when it is inspected' },
      {
        file: 'test/engine/http.test.ts',
        test: 'is shown by neither the engine nor any error or answer, and no token is',
      },
      { file: 'test/integration/operator-secrets.test.ts', test: 'show in no line about %s' },
      {
        file: 'test/integration/operator-secrets.test.ts',
        test: 'show in no file that lockstep leaves behind, nor in what is told of it',
      },
      { file: 'test/security/security.test.ts', test: 'starts no process, and no worker' },
    ],
  },
  {
    id: 'T5',
    threat: 'A key in the path, query, user-info or a header of a URL',
    mitigation:
      'A URL is shown as scheme and host alone. What another machine says is shown without the credentials that it was asked with, should it repeat them.',
    shown: [
      { file: 'test/util/redact.test.ts', test: 'never shows user-info, path or query, whatever they hold' },
      { file: 'test/util/secrets.test.ts', test: 'that repeats the %s is shown without it' },
      {
        file: 'test/integration/operator-secrets.test.ts',
        test: 'show in no line about a source that repeats them in its errors',
      },
      { file: 'test/integration/operator-secrets.test.ts', test: 'show in no metric' },
      {
        file: 'test/integration/operator-secrets.test.ts',
        test: 'show in no answer of the RPC and on no page, also while both sides refuse them',
      },
      { file: 'test/config/secrets.test.ts', test: 'stay out of the output of $argv for a configuration $name' },
    ],
  },
  {
    id: 'T6',
    threat: 'A redirect, or a URL that the source chooses',
    mitigation: 'A redirect is an error, and the other place is never reached. No URL is ever taken from an answer.',
    shown: [
      {
        file: 'test/util/rpc-body.test.ts',
        test: 'that redirects is not followed, and nothing reaches the other place',
      },
      { file: 'test/integration/source-faults-wire.test.ts', test: 'a redirect, which is not followed (S10)' },
      { file: 'test/integration/boot.test.ts', test: 'a source that redirects: 78 (S10)' },
    ],
    without:
      'Link-local and metadata addresses are not refused: the only addresses that are ever asked are those that the operator set.',
  },
  {
    id: 'T7',
    threat: 'Huge answers, and ones that inflate',
    mitigation:
      'One cap for the body after inflation; compression only where it was asked for, and never at the engine port; blocks ahead are counted in bytes.',
    shown: [
      {
        file: 'test/util/rpc-body.test.ts',
        test: 'over the cap is refused by its announced length, and the connection closed',
      },
      {
        file: 'test/util/rpc-body.test.ts',
        test: 'without end is refused as soon as the cap is passed, and the connection closed',
      },
      { file: 'test/util/rpc-body.test.ts', test: 'with %s cannot pass the cap' },
      { file: 'test/engine/http.test.ts', test: 'asks for no compression' },
      { file: 'test/engine/http.test.ts', test: 'refuses a reply larger than 64 MiB' },
      { file: 'test/follow/fetch-ahead.test.ts', test: 'holds so many bytes' },
      { file: 'test/source/head-feed.test.ts', test: 'that announces a frame of 2 GB is cut before it is read' },
    ],
  },
  {
    id: 'T8',
    threat: 'A peer that drips its answer',
    mitigation:
      'One deadline for a call, up to the last byte and with the wait for a connection in it; few connections.',
    shown: [
      { file: 'test/util/rpc-connection.test.ts', test: 'covers a body that drips' },
      {
        file: 'test/util/rpc-connection.test.ts',
        test: 'covers waiting for a free connection, after which the request is never sent',
      },
      { file: 'test/util/rpc.test.ts', test: 'never has more connections than allowed' },
      { file: 'test/rpc/hostile.test.ts', test: 'with its request is cut off, while others are served' },
    ],
  },
  {
    id: 'T9',
    threat: '`__proto__`, 2^53+1, 1e400, deep nesting, megabytes of digits',
    mitigation:
      'Decoders by hand copy what they know into new objects, and check form, range and length before a number is read. The same holds for a record that `lockstep explain` reads.',
    shown: [
      { file: 'test/payload/hostile-json.test.ts', test: 'does not read fields from __proto__' },
      {
        file: 'test/payload/hostile-json.test.ts',
        test: 'is refused with 20 MB of digits for any field, in a short message',
      },
      { file: 'test/payload/hostile-json.test.ts', test: 'is refused with arrays nested a hundred thousand deep' },
      { file: 'test/rpc/hostile.test.ts', test: 'with __proto__ and doubled keys changes nothing' },
      {
        file: 'test/app/explain.test.ts',
        test: 'names file and line of what it cannot read: %s',
        of: 'a state with a prototype',
      },
    ],
    without:
      '`--disable-proto=delete` is not needed for that, and would be an option of Node.js that every start has to repeat.',
  },
  {
    id: 'T10',
    threat: 'An answer that is cut',
    mitigation: 'Half a body is no answer, and a cut that can still be read does not hash to its block.',
    shown: [
      { file: 'test/util/rpc-body.test.ts', test: '%s is no reply', of: 'cut within a chunk' },
      { file: 'test/integration/source-faults-blocks.test.ts', test: '%s', of: 'its end missing' },
    ],
  },
];
