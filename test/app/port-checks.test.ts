import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkPorts } from '../../src/app/port-checks.js';
import { HttpServer, send } from '../rig/http-server.js';

const RPC = { enabled: true, addr: '127.0.0.1', port: 0, strict: false };
const METRICS = RPC;

let other: HttpServer;
let taken: number;

beforeAll(async () => {
  other = await HttpServer.start((_received, response) => send(response, 'mine'));
  taken = Number(new URL(other.url).port);
});

afterAll(() => other.close());

describe('the check of the ports that lockstep would serve on', () => {
  it('passes free ones, and lets go of them', async () => {
    const rows = await checkPorts({ rpc: RPC, metrics: METRICS });
    expect(rows).toEqual([
      { name: 'rpc port', result: 'pass', detail: '127.0.0.1, any free port' },
      { name: 'metrics port', result: 'pass', detail: '127.0.0.1, any free port' },
    ]);
  });

  it('warns of a taken one, which lockstep does without', async () => {
    const rows = await checkPorts({ rpc: RPC, metrics: { ...METRICS, port: taken } });
    expect(rows).toMatchObject([
      { name: 'rpc port', result: 'pass' },
      {
        name: 'metrics port',
        result: 'warn',
        detail: expect.stringContaining(`--metrics.port ${taken} cannot be bound`),
      },
    ]);
  });

  it('fails for a taken one that lockstep has to have', async () => {
    const rows = await checkPorts({ rpc: { ...RPC, port: taken, strict: true }, metrics: METRICS });
    expect(rows[0]).toMatchObject({ name: 'rpc port', result: 'fail', error: { code: 'RPC_PORT', exitCode: 78 } });
  });

  it('has no row for what is switched off', async () => {
    const off = { rpc: { ...RPC, enabled: false }, metrics: { ...METRICS, enabled: false } };
    expect(await checkPorts(off)).toEqual([]);
  });
});
