import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CliRig, problemsOf, JWT_HEX } from '../rig/cli.js';

let rig: CliRig;

beforeAll(() => {
  rig = new CliRig();
  rig.write('short.hex', 'abcdef');
  rig.write('long.hex', `${JWT_HEX}00`);
  rig.write('word.hex', 'correct horse battery staple');
  rig.write('empty.hex', '\n');
  rig.write('huge.hex', 'a'.repeat(5000));
  mkdirSync(rig.path('folder'));
});

afterAll(() => {
  rig.remove();
});

const SOURCE = '--l2.follow.source=https://source.example/rpc';
const JWT_FIX = 'Give the path of the secret file that the execution client uses; `lockstep jwt` makes a fresh one.';
const HEX_FIX = 'Put 64 hex characters there; `lockstep jwt` makes a fresh secret.';

interface Refused {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Each entry is a whole configuration; the source is given unless the case says otherwise. */
const REFUSED: Readonly<Record<string, Refused>> = {
  'a header on the command line': {
    argv: [SOURCE, '--l2.follow.source.header=X-Key: abc'],
    problems: [
      '--l2.follow.source.header (cli) would show the header value in the process list. Set LOCKSTEP_L2_FOLLOW_SOURCE_HEADER in the environment or in the --config file.',
    ],
  },
  'a header without a colon': {
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-One: 1\nnonsense' },
    problems: [
      '--l2.follow.source.header "[redacted]" (env:LOCKSTEP_L2_FOLLOW_SOURCE_HEADER) line 2 is not a header. Write one "Name: value" per line.',
    ],
  },
  'a header that belongs to the transport': {
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'Content-Length: 3' },
    problems: [
      '--l2.follow.source.header "[redacted]" (env:LOCKSTEP_L2_FOLLOW_SOURCE_HEADER) line 1 sets Content-Length. Leave this header to lockstep.',
    ],
  },
  'a header given twice': {
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-One: 1\nx-one: 2' },
    problems: [
      '--l2.follow.source.header "[redacted]" (env:LOCKSTEP_L2_FOLLOW_SOURCE_HEADER) line 2 repeats x-one. Give each header once.',
    ],
  },
  'a missing secret file': {
    argv: [SOURCE, '--l2.jwt-secret=none.hex'],
    problems: [`--l2.jwt-secret "none.hex" (cli) cannot be read (ENOENT). ${JWT_FIX}`],
  },
  'a folder as secret file': {
    argv: [SOURCE, '--l2.jwt-secret=folder'],
    problems: [`--l2.jwt-secret "folder" (cli) is not a file. ${JWT_FIX}`],
  },
  'a short secret': {
    argv: [SOURCE, '--l2.jwt-secret=short.hex'],
    problems: [`--l2.jwt-secret "short.hex" (cli) holds 6 hex characters instead of 64. ${HEX_FIX}`],
  },
  'a long secret': {
    argv: [SOURCE, '--l2.jwt-secret=long.hex'],
    problems: [`--l2.jwt-secret "long.hex" (cli) holds 66 hex characters instead of 64. ${HEX_FIX}`],
  },
  'a secret that is not hex': {
    argv: [SOURCE, '--l2.jwt-secret=word.hex'],
    problems: [`--l2.jwt-secret "word.hex" (cli) holds something that is not hex. ${HEX_FIX}`],
  },
  'an empty secret file': {
    argv: [SOURCE, '--l2.jwt-secret=empty.hex'],
    problems: [`--l2.jwt-secret "empty.hex" (cli) holds no secret. ${HEX_FIX}`],
  },
  'a secret file of kilobytes': {
    argv: [SOURCE, '--l2.jwt-secret=huge.hex'],
    problems: [`--l2.jwt-secret "huge.hex" (cli) is too large to be a secret. ${JWT_FIX}`],
  },
  'an encoded secret that is short': {
    env: { LOCKSTEP_L2_ENGINE_AUTH_ENCODED: 'abcd' },
    problems: [`LOCKSTEP_L2_ENGINE_AUTH_ENCODED holds 4 hex characters instead of 64. ${HEX_FIX}`],
  },
  'an encoded secret on the command line': {
    argv: [SOURCE, `--l2.jwt-secret-encoded=${JWT_HEX}`],
    problems: [
      '--l2.jwt-secret-encoded (cli) would show the secret in the process list. Set LOCKSTEP_L2_ENGINE_AUTH_ENCODED in the environment.',
    ],
  },
  'both a secret file and an encoded secret': {
    argv: [SOURCE, '--l2.jwt-secret=jwt.hex'],
    env: { LOCKSTEP_L2_ENGINE_AUTH_ENCODED: JWT_HEX },
    problems: [
      '--l2.jwt-secret "jwt.hex" (cli) is given together with LOCKSTEP_L2_ENGINE_AUTH_ENCODED. Unset one of LOCKSTEP_L2_ENGINE_AUTH_ENCODED and --l2.jwt-secret.',
    ],
  },
  'both secrets under foreign names': {
    env: { BASE_NODE_L2_ENGINE_AUTH: 'jwt.hex', BASE_NODE_L2_ENGINE_AUTH_ENCODED: JWT_HEX },
    problems: [
      '--l2.jwt-secret "jwt.hex" (env:BASE_NODE_L2_ENGINE_AUTH) is given together with BASE_NODE_L2_ENGINE_AUTH_ENCODED. Unset one of BASE_NODE_L2_ENGINE_AUTH_ENCODED and BASE_NODE_L2_ENGINE_AUTH.',
    ],
  },
};

describe('a configuration of secrets that cannot be used (O2)', () => {
  it.each(Object.entries(REFUSED))('with %s ends with code 78 and says what to do', async (_name, refused) => {
    const { argv = [SOURCE], env = {}, problems } = refused;
    const run = await rig.run(argv, { env });
    expect(problemsOf(run)).toEqual(problems);
    expect(run).toMatchObject({ code: 78, called: null, stdout: '' });
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });
});
