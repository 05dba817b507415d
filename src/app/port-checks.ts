import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ErrorCode } from '../util/error-codes.js';
import { LockstepError } from '../util/errors.js';
import type { CheckRow } from './preflight.js';

interface PortSettings {
  readonly enabled: boolean;
  readonly addr: string;
  /** 0: any free one. */
  readonly port: number;
  /** Lockstep does not start without it. */
  readonly strict: boolean;
}

interface Listener {
  readonly name: 'rpc' | 'metrics';
  readonly code: ErrorCode;
  readonly settings: PortSettings;
}

/** A row for each port that `run` would serve on. A taken one fails only where `run` would not start without it (O5). */
export async function checkPorts({
  rpc,
  metrics,
}: Readonly<Record<Listener['name'], PortSettings>>): Promise<readonly CheckRow[]> {
  const listeners: readonly Listener[] = [
    { name: 'rpc', code: 'RPC_PORT', settings: rpc },
    { name: 'metrics', code: 'METRICS_PORT', settings: metrics },
  ];
  return Promise.all(listeners.filter(({ settings }) => settings.enabled).map(checkPort));
}

async function checkPort({ name, code, settings: { addr, port, strict } }: Listener): Promise<CheckRow> {
  const row = `${name} port`;
  const server = createServer();
  try {
    server.listen(port, addr);
    await once(server, 'listening');
    return { name: row, result: 'pass', detail: port === 0 ? `${addr}, any free port` : `${addr}:${port} is free` };
  } catch (cause) {
    const detail = `--${name}.addr ${addr} --${name}.port ${port} cannot be bound`;
    if (strict) {
      const error = new LockstepError(code, { detail, cause });
      return { name: row, result: 'fail', detail: error.message, error };
    }
    return {
      name: row,
      result: 'warn',
      detail: `${detail}: lockstep would run without it, unless it is one that runs now`,
    };
  } finally {
    server.close();
  }
}
