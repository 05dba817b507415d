import { describe, expect, it } from '@jest/globals';
import { cliRig, problemsOf } from '../rig/cli.js';

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example/rpc';

interface Refused {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Each entry is a whole configuration; the source is given unless the case says otherwise. */
const REFUSED: Readonly<Record<string, Refused>> = {
  'no source': { argv: ['run'], problems: ['--l2.follow.source is not set. Give the URL of the node to follow.'] },
  'an empty source': {
    argv: ['--l2.follow.source='],
    problems: ['--l2.follow.source (cli) is empty. Give it a value, or leave it out.'],
  },
  'a WebSocket source': {
    argv: ['--l2.follow.source=wss://source.example'],
    problems: [
      '--l2.follow.source "wss://source.example" (cli) is a WebSocket URL. Give the http:// or https:// address of the same node.',
    ],
  },
  'an http URL for the WebSocket': {
    argv: [SOURCE, '--l2.follow.source.ws=https://u:p@source.example/key'],
    problems: [
      '--l2.follow.source.ws "https://source.example" (cli) is not a WebSocket URL. Give the ws:// or wss:// address of the same node.',
    ],
  },
  'an unencrypted WebSocket on a public name': {
    argv: [SOURCE, '--l2.follow.source.ws=ws://source.example'],
    problems: [
      '--l2.follow.source.ws "ws://source.example" (cli) is unencrypted ws to a public host. Use wss, or accept the risk with --allow-insecure-source.',
    ],
  },
  'a WebSocket that is the engine port': {
    argv: [SOURCE, '--l2.follow.source.ws=ws://127.0.0.1:8551'],
    problems: [
      '--l2.follow.source.ws "ws://127.0.0.1:8551" (cli) is the same endpoint as --l2. Give the WebSocket of the source.',
    ],
  },
  'a source without a scheme': {
    argv: ['--l2.follow.source=localhost:8545'],
    problems: [
      '--l2.follow.source "[redacted]" (cli) does not start with http:// or https://. Write it as http://host:port or https://host/path.',
    ],
  },
  'a source that is an IPC path': {
    argv: ['--l2.follow.source=/var/geth.ipc'],
    problems: [
      '--l2.follow.source "[redacted]" (cli) is not a URL. Write it as http://host:port or https://host/path.',
    ],
  },
  'a source with a fragment': {
    argv: ['--l2.follow.source=https://source.example/#x'],
    problems: [
      '--l2.follow.source "https://source.example" (cli) has a "#" part. Remove it, or write a # inside a password or key as %23.',
    ],
  },
  'two sources in one value': {
    argv: ['--l2.follow.source=https://a.example,https://b.example'],
    problems: ['--l2.follow.source "https://a.example,https" (cli) lists more than one URL. Give a single URL.'],
  },
  'an unencrypted source on a public name': {
    argv: ['--l2.follow.source=http://source.example'],
    problems: [
      '--l2.follow.source "http://source.example" (cli) is unencrypted http to a public host. Use https, or accept the risk with --allow-insecure-source.',
    ],
  },
  'an unencrypted source on a public IPv4 address': {
    argv: ['--l2.follow.source=http://8.8.8.8:8545'],
    problems: [
      '--l2.follow.source "http://8.8.8.8:8545" (cli) is unencrypted http to a public host. Use https, or accept the risk with --allow-insecure-source.',
    ],
  },
  'an unencrypted source on a public IPv6 address': {
    argv: ['--l2.follow.source=http://[2001:db8::1]:8545'],
    problems: [
      '--l2.follow.source "http://[2001:db8::1]:8545" (cli) is unencrypted http to a public host. Use https, or accept the risk with --allow-insecure-source.',
    ],
  },
  'an unencrypted source on a mapped public IPv4 address': {
    argv: ['--l2.follow.source=http://[::ffff:8.8.8.8]:8545'],
    problems: [
      '--l2.follow.source "http://[::ffff:808:808]:8545" (cli) is unencrypted http to a public host. Use https, or accept the risk with --allow-insecure-source.',
    ],
  },
  'a source that is our own engine port': {
    argv: ['--l2.follow.source=http://127.0.0.1:8551'],
    problems: [
      '--l2.follow.source "http://127.0.0.1:8551" (cli) is the same endpoint as --l2. Give the execution RPC of another node.',
    ],
  },
  'a source that is our own public RPC': {
    argv: ['--l2.follow.source=http://el:8545', '--l2=http://el:8551', '--l2.rpc=http://el:8545/'],
    problems: [
      '--l2.follow.source "http://el:8545" (cli) is the same endpoint as --l2.rpc. Give the execution RPC of another node.',
    ],
  },
  'an unencrypted consensus client on a public name': {
    argv: [SOURCE, '--l2.follow.source.cl=http://cl.example:9545/901'],
    problems: [
      '--l2.follow.source.cl "http://cl.example:9545" (cli) is unencrypted http to a public host. Use https, or accept the risk with --allow-insecure-source.',
    ],
  },
  'a consensus client that is our own engine port': {
    argv: [SOURCE, '--l2.follow.source.cl=http://127.0.0.1:8551'],
    problems: [
      '--l2.follow.source.cl "http://127.0.0.1:8551" (cli) is the same endpoint as --l2. Give the consensus client of the source.',
    ],
  },
  'a WebSocket consensus client': {
    env: { OP_NODE_L2_FOLLOW_SOURCE: 'wss://cl.example' },
    problems: [
      '--l2.follow.source.cl "wss://cl.example" (env:OP_NODE_L2_FOLLOW_SOURCE) is a WebSocket URL. Give the http:// or https:// address of the same node.',
    ],
  },
  'a consensus client as the only source, as op-node is given one': {
    argv: ['run'],
    env: { OP_NODE_L2_FOLLOW_SOURCE: 'https://cl.example' },
    problems: ['--l2.follow.source is not set. Give the URL of the node to follow.'],
  },
  'an engine URL of another scheme': {
    argv: [SOURCE, '--l2=ftp://el:8551'],
    problems: [
      '--l2 "[redacted]" (cli) does not start with http:// or https://. Write it as http://host:port or https://host/path.',
    ],
  },
  'a public RPC URL that is none': {
    env: { LOCKSTEP_L2_RPC_URL: 'nonsense' },
    problems: [
      '--l2.rpc "[redacted]" (env:LOCKSTEP_L2_RPC_URL) is not a URL. Write it as http://host:port or https://host/path.',
    ],
  },
  'an admin RPC that is none': {
    argv: [SOURCE, '--recovery.admin-rpc=el:8545'],
    problems: [
      '--recovery.admin-rpc "[redacted]" (cli) does not start with http:// or https://. Write it as http://host:port or https://host/path.',
    ],
  },
  'a source that is the admin RPC of our EL, which could rewind it': {
    argv: ['--l2.follow.source=http://el:8545', '--recovery.admin-rpc=http://el:8545'],
    problems: [
      '--l2.follow.source "http://el:8545" (cli) is the same endpoint as --recovery.admin-rpc. Give the execution RPC of another node.',
    ],
  },
  'certificate checks that are switched off': {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    problems: [
      'NODE_TLS_REJECT_UNAUTHORIZED "0" switches certificate checks off for the whole process. Unset it; NODE_EXTRA_CA_CERTS adds a certificate authority of your own.',
    ],
  },
};

describe('a configuration of the two ends that cannot be used', () => {
  it.each(Object.entries(REFUSED))('with %s ends with code 78 and says what to do', async (_name, refused) => {
    const { argv = [SOURCE], env = {}, problems } = refused;
    const run = await rig.run(argv, { env });
    expect(problemsOf(run)).toEqual(problems);
    expect(run).toMatchObject({ code: 78, called: null, stdout: '' });
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });
});
