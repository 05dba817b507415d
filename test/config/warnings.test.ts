import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CliRig, JWT_HEX } from '../rig/cli.js';

let rig: CliRig;

beforeAll(() => {
  rig = new CliRig();
  rig.write('open.hex', JWT_HEX);
  chmodSync(rig.path('open.hex'), 0o644);
});

afterAll(() => {
  rig.remove();
});

const SOURCE = '--l2.follow.source=https://source.example/rpc';

type Env = Readonly<Record<string, string>>;

const WARNED: Readonly<Record<string, { readonly argv?: readonly string[]; env?: Env; readonly warning: string }>> = {
  'a secret file that everybody can read': {
    argv: [SOURCE, '--l2.jwt-secret=open.hex'],
    warning: '--l2.jwt-secret is readable by every user of this machine; run chmod 600 on it.',
  },
  'admin methods for a whole network': {
    argv: [SOURCE, '--rpc.enable-admin', '--rpc.addr=0.0.0.0'],
    warning: '--rpc.enable-admin on 0.0.0.0: whoever reaches that address can pause lockstep.',
  },
  'a password in a URL on the command line': {
    argv: ['--l2.follow.source=https://u:p@source.example'],
    warning:
      '--l2.follow.source carries credentials that the process list shows; set LOCKSTEP_L2_FOLLOW_SOURCE instead.',
  },
  'an API key in a path on the command line': {
    argv: ['--l2.follow.source=https://source.example/v2/Abcdefgh1jklmnop'],
    warning:
      '--l2.follow.source carries credentials that the process list shows; set LOCKSTEP_L2_FOLLOW_SOURCE instead.',
  },
  'an API key in a query on the command line': {
    argv: [SOURCE, '--l2=http://127.0.0.1:8551/?key=0123456789abcdef'],
    warning: '--l2 carries credentials that the process list shows; set LOCKSTEP_L2_ENGINE_RPC instead.',
  },
  'an unencrypted public source that is accepted': {
    argv: ['--l2.follow.source=http://source.example', '--allow-insecure-source'],
    warning: '--l2.follow.source is unencrypted: whoever is on the path can choose which blocks are safe and final.',
  },
  'an unencrypted public consensus client that is accepted': {
    argv: [SOURCE, '--l2.follow.source.cl=http://cl.example', '--allow-insecure-source'],
    warning: '--l2.follow.source.cl is unencrypted: whoever is on the path can choose which blocks are safe and final.',
  },
  'a password in the URL of the consensus client on the command line': {
    argv: [SOURCE, '--l2.follow.source.cl=https://u:p@cl.example'],
    warning:
      '--l2.follow.source.cl carries credentials that the process list shows; set LOCKSTEP_L2_FOLLOW_SOURCE_CL instead.',
  },
  'a WebSocket beside a consensus client': {
    argv: [SOURCE, '--l2.follow.source.cl=https://cl.example', '--l2.follow.source.ws=wss://source.example'],
    warning: '--l2.follow.source.ws has no effect with --l2.follow.source.cl, which tells the head.',
  },
  'an API key in the URL of the WebSocket on the command line': {
    argv: [SOURCE, '--l2.follow.source.ws=wss://source.example/v2/0123456789abcdef'],
    warning:
      '--l2.follow.source.ws carries credentials that the process list shows; set LOCKSTEP_L2_FOLLOW_SOURCE_WS instead.',
  },
  'an unencrypted engine off this machine': {
    argv: [SOURCE, '--l2=http://el.example:8551'],
    warning: '--l2 is unencrypted http to a public host: the JWT does not hide or protect the traffic.',
  },
  'an unencrypted admin RPC off this machine': {
    argv: [SOURCE, '--recovery.admin-rpc=http://el.example:8545'],
    warning: '--recovery.admin-rpc is unencrypted http to a public host: whoever reaches it can rewind the EL.',
  },
  'a password in the URL of the admin RPC on the command line': {
    argv: [SOURCE, '--recovery.admin-rpc=http://u:p@127.0.0.1:8545'],
    warning:
      '--recovery.admin-rpc carries credentials that the process list shows; set LOCKSTEP_RECOVERY_ADMIN_RPC instead.',
  },
  'an admin RPC that may not be used': {
    argv: [SOURCE, '--recovery.reset=forkchoice'],
    env: { LOCKSTEP_RECOVERY_ADMIN_RPC: 'http://127.0.0.1:8545' },
    warning: '--recovery.admin-rpc has no effect with --recovery.reset forkchoice.',
  },
  'a depth of recovery, and no recovery': {
    argv: [SOURCE, '--recovery.mode=off', '--recovery.max-depth=10'],
    warning: '--recovery.max-depth has no effect with --recovery.mode off.',
  },
  'a journal that nobody keeps': {
    argv: [SOURCE, '--dry-run', '--journal=j.json'],
    warning: '--journal has no effect with --dry-run.',
  },
  'trust in the source': {
    argv: [SOURCE, '--l2.follow.trustrpc'],
    warning: '--l2.follow.trustrpc has no effect: lockstep verifies every block.',
  },
  'a misspelt variable': {
    env: { LOCKSTEP_L2_FOLOW_SOURCE: 'x' },
    warning: 'LOCKSTEP_L2_FOLOW_SOURCE is not a setting of lockstep; did you mean LOCKSTEP_L2_FOLLOW_SOURCE?',
  },
};

describe('a doubtful configuration', () => {
  it.each(Object.entries(WARNED))(
    'with %s is used, with a warning',
    async (_name, { argv = [SOURCE], env = {}, warning }) => {
      const run = await rig.run(argv, { env });
      expect(run.config?.warnings).toEqual([warning]);
      expect(run).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('is not warned about credentials that come from the environment', async () => {
    const run = await rig.run(['run'], { env: { LOCKSTEP_L2_FOLLOW_SOURCE: 'https://u:p@source.example' } });
    expect(run.config?.warnings).toEqual([]);
  });

  it('is not warned about the variables that Kubernetes sets for a Service named lockstep', async () => {
    const env = {
      LOCKSTEP_SERVICE_HOST: '10.0.0.1',
      LOCKSTEP_PORT: 'tcp://x',
      LOCKSTEP_PORT_7300_TCP_ADDR: '10.0.0.1',
    };
    expect((await rig.run([SOURCE], { env })).config?.warnings).toEqual([]);
  });
});
