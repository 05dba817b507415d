import { connect, type Socket } from 'node:net';
import { newPayloadForm } from './block-forms.js';
import type { FixtureBlock } from './chain.js';

/** The bodies of the two requests that one block costs at least. */
export interface PreparedBlock {
  readonly newPayload: Buffer;
  readonly forkchoice: Buffer;
}

const ZERO_HASH = `0x${'00'.repeat(32)}`;
const HEADER_END = '\r\n\r\n';

/** Everything that can be made before the clock runs is made here. */
export function prepareFloor(blocks: readonly FixtureBlock[]): PreparedBlock[] {
  return blocks.slice(1).map((block) => ({
    newPayload: Buffer.from(
      `{"jsonrpc":"2.0","id":1,"method":"engine_newPayloadV3","params":${newPayloadForm(block)}}`,
      'latin1',
    ),
    forkchoice: forkchoiceBody(block.hash),
  }));
}

/** A forkchoice that leaves the labels alone. */
export function forkchoiceBody(headBlockHash: string): Buffer {
  const triple = { headBlockHash, safeBlockHash: ZERO_HASH, finalizedBlockHash: ZERO_HASH };
  const call = { jsonrpc: '2.0', id: 2, method: 'engine_forkchoiceUpdatedV3', params: [triple, null] };
  return Buffer.from(JSON.stringify(call), 'latin1');
}

/**
 * The serial replay that no client can do with less: newPayload, answer, forkchoice, answer, on one connection.
 * `bearer`: the token of the next request, where the port asks for one.
 */
export async function replay(
  url: string,
  blocks: readonly PreparedBlock[],
  bearer: (() => string) | null = null,
): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const head = (): string => {
    const token = bearer === null ? '' : `authorization: Bearer ${bearer()}\r\n`;
    return `POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${token}`;
  };
  try {
    for (const { newPayload, forkchoice } of blocks) {
      await exchange(socket, head(), newPayload);
      await exchange(socket, head(), forkchoice);
    }
  } finally {
    socket.destroy();
  }
}

/** Sends one request and waits for an answer that says VALID. */
function exchange(socket: Socket, head: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const settle = (act: () => void): void => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error('the EL closed the connection')));
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      if (!isWhole(answer)) return;
      const valid = answer.includes('"VALID"');
      settle(() => (valid ? resolve() : reject(new Error(`the EL answered ${answer}`))));
    };
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.cork();
    socket.write(`${head}content-length: ${body.length}${HEADER_END}`);
    socket.write(body);
    socket.uncork();
  });
}

function isWhole(answer: string): boolean {
  const headerEnd = answer.indexOf(HEADER_END);
  if (headerEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)?.[1];
  if (length === undefined) throw new Error(`the EL answered without a length: ${answer.slice(0, headerEnd)}`);
  return answer.length >= headerEnd + HEADER_END.length + Number(length);
}
