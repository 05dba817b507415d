import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A process of its own before a port of the test (argument: that port), so that lockstep does not take two proxies of
 * one process for one node. Reports its port as one JSON line and lives as long as its stdin. Passes resets on.
 */
const upstream = Number(process.argv[2]);

const server = createServer((client) => {
  const target = connect(upstream, '127.0.0.1');
  join(client, target);
  join(target, client);
});

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  from.on('close', (failed) => {
    if (!failed) to.destroySoon();
  });
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.stdin.once('close', () => process.exit(0));
process.stdin.resume();
