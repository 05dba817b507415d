import { freePort } from '../../devnet/process/free-port.js';

/** Prints so many free ports as JSON, one after the other. */
const ports: number[] = [];
for (let left = Number(process.argv[2]); left > 0; left--) ports.push(await freePort());
process.stdout.write(`${JSON.stringify(ports)}\n`);
// Whoever reads them ends this process: its ports are its own as long as it lives.
setInterval(() => undefined, 60_000);
