import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import buildConnectorOf from 'undici/lib/core/connect.js';

/** As much as Node itself reads at once; more is slower, since it no longer stays in the caches nearest to a core. */
const READ_MAX_BYTES = 64 * 1024;

/**
 * undici keeps pieces of headers until all headers are there, and cuts a connection with more than this of them
 * (`maxHeaderSize` of Node): a longer read ends in a body.
 */
const COPIED_MAX_BYTES = 16 * 1024;

/** One for all connections: undici takes what is read before anything else is read. */
const SHARED = Buffer.allocUnsafeSlow(READ_MAX_BYTES);

/**
 * Connects as undici does, but lets Node read into one and the same memory instead of 64 kB of new memory for each
 * read: those cost page faults, and as external memory the garbage collections that were the longest pauses of a
 * catch-up over large blocks. Who takes a body has to copy it at once.
 */
export function connectWithSharedReads(timeoutMs: number): buildConnector.connector {
  const connectSecure = buildConnectorOf({ timeout: timeoutMs });
  return (target, callback) => {
    // What TLS has decrypted is in memory of its own.
    if (target.protocol === 'https:') return connectSecure(target, callback);
    let socket: Socket | null = null;
    const onRead = (sizeBytes: number): boolean => (socket === null ? true : passOn(socket, sizeBytes));
    const connect = buildConnectorOf({ timeout: timeoutMs, onread: { buffer: SHARED, callback: onRead } });
    // Nothing is read before the connection stands.
    connect(target, (...outcome) => {
      socket = outcome[1];
      callback(...outcome);
    });
  };
}

/** As Node does with a read of its own: false stops reading until somebody takes something. */
function passOn(socket: Socket, sizeBytes: number): boolean {
  const read = SHARED.subarray(0, sizeBytes);
  if (sizeBytes <= COPIED_MAX_BYTES) return socket.push(Buffer.from(read));
  const wantsMore = socket.push(read);
  process.nextTick(requireTaken, socket);
  return wantsMore;
}

/** Whoever reads the connection has been told of it by now; bytes that stayed would be overwritten by the next read. */
function requireTaken(socket: Socket): void {
  if (socket.readableLength > 0) socket.destroy(new Error('bytes were read that nobody took'));
}
