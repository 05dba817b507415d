import { readFileSync } from 'node:fs';
import { hexToBytes } from '@ethereumjs/util';
import type { GethGenesis } from '@ethereumjs/common';
import { startNode } from './node.js';

/**
 * The program behind the `ethereumjs` EL: arguments genesis file, JWT file, http port, engine port, data directory
 * (`-` for memory). Reports its ports on stdout as one JSON line and lives as long as its stdin.
 */
const [genesisFile = '', jwtFile = '', httpPort = '0', enginePort = '0', dataDir = '-'] = process.argv.slice(2);

async function main(): Promise<void> {
  const node = await startNode({
    genesis: JSON.parse(readFileSync(genesisFile, 'utf8')) as GethGenesis,
    jwtSecret: hexToBytes(`0x${readFileSync(jwtFile, 'utf8').trim().replace(/^0x/, '')}`),
    httpPort: Number(httpPort),
    enginePort: Number(enginePort),
    dataDir: dataDir === '-' ? null : dataDir,
  });

  let closing = false;

  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    await node.close();
    process.exit(0);
  };

  process.once('SIGTERM', () => void close());
  process.once('SIGINT', () => void close());
  process.stdin.once('close', () => void close());
  process.stdin.resume();

  const { version, genesisHash, httpPort: http, enginePort: engine } = node;
  process.stdout.write(`${JSON.stringify({ version, genesisHash, httpPort: http, enginePort: engine })}\n`);
}

void main();
