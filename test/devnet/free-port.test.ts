import { expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { claim, freePort } from '../../devnet/process/free-port.js';
import { compiledProgram } from '../../devnet/project-root.js';

/** Drawn by chance, two processes would share 7 of them and each would have 4 twice. */
const PORTS = 300;

function claimer(): ChildProcess {
  return spawn(process.execPath, [compiledProgram('test/devnet/claim-ports'), String(PORTS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function portsOf(process: ChildProcess): Promise<number[]> {
  const [line] = (await once(createInterface({ input: process.stdout! }), 'line')) as [string];
  return JSON.parse(line) as number[];
}

async function ended(process: ChildProcess): Promise<void> {
  process.kill('SIGKILL');
  await once(process, 'exit');
}

it('gives no port twice while those who got one live, and gives them again afterwards', async () => {
  const processes = [claimer(), claimer()];
  try {
    const own: number[] = [];
    for (let count = 0; count < PORTS; count++) own.push(await freePort());
    const others = (await Promise.all(processes.map(portsOf))).flat();
    expect(others).toHaveLength(2 * PORTS);
    expect(new Set([...own, ...others]).size).toBe(3 * PORTS);
    expect(others.filter(claim)).toEqual([]);
    await Promise.all(processes.map(ended));
    expect(others.filter(claim)).toEqual(others);
  } finally {
    for (const process of processes) process.kill('SIGKILL');
  }
});
