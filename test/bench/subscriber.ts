import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

/** RFC 6455 section 1.3: appended to the key of the client before it is hashed. */
const HANDSHAKE_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const SUBSCRIPTION = '0x1';
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const FINAL = 0x80;
const LENGTH_FOLLOWS_2 = 126;
const LENGTH_FOLLOWS_8 = 127;

interface Frame {
  readonly opcode: number;
  readonly data: Buffer;
  readonly sizeBytes: number;
}

/** The server's end of one WebSocket (RFC 6455), for eth_subscribe and nothing else. */
export class Subscriber {
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #subscribed = false;

  constructor(socket: Socket, head: string) {
    this.#socket = socket;
    const key = /\r\nsec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}${HANDSHAKE_SUFFIX}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  newHead(header: string): void {
    if (!this.#subscribed) return;
    const params = `{"subscription":"${SUBSCRIPTION}","result":${header}}`;
    this.#send(OPCODE.text, Buffer.from(`{"jsonrpc":"2.0","method":"eth_subscription","params":${params}}`));
  }

  #receive(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let frame = readFrame(this.#pending); frame !== null; frame = readFrame(this.#pending)) {
      this.#pending = this.#pending.subarray(frame.sizeBytes);
      if (frame.opcode === OPCODE.ping) this.#send(OPCODE.pong, frame.data);
      else if (frame.opcode === OPCODE.close) this.#socket.end();
      else if (frame.opcode === OPCODE.text) this.#answer(frame.data.toString('utf8'));
    }
  }

  #answer(text: string): void {
    const { id, method } = JSON.parse(text) as { id: number; method: string };
    const known = method === 'eth_subscribe';
    this.#subscribed ||= known;
    const failure = { code: -32601, message: `the method ${method} does not exist` };
    const outcome = known ? { result: SUBSCRIPTION } : { error: failure };
    this.#send(OPCODE.text, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...outcome })));
  }

  #send(opcode: number, data: Buffer): void {
    const head = [FINAL | opcode];
    if (data.length < LENGTH_FOLLOWS_2) head.push(data.length);
    else head.push(LENGTH_FOLLOWS_2, data.length >> 8, data.length & 0xff);
    this.#socket.write(Buffer.concat([Buffer.from(head), data]));
  }
}

/** The first frame of a client, which masks all it sends; null while it is not whole. */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const announced = (bytes[1] ?? 0) & 0x7f;
  if (announced === LENGTH_FOLLOWS_8) throw new Error('the stub takes short messages only');
  const maskAt = announced === LENGTH_FOLLOWS_2 ? 4 : 2;
  if (bytes.length < maskAt + 4) return null;
  const length = announced === LENGTH_FOLLOWS_2 ? bytes.readUInt16BE(2) : announced;
  const start = maskAt + 4;
  if (bytes.length < start + length) return null;
  const data = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; i += 1) data[i] = (data[i] ?? 0) ^ (bytes[maskAt + (i % 4)] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, data, sizeBytes: start + length };
}
