import { connect, type Socket } from 'node:net';
import { newPayloadForm } from './block-forms.js';
import type { FixtureBlock } from './chain.js';

/** The two requests that one block costs at least, header and body in one piece. */
export interface PreparedBlock {
  readonly newPayload: Buffer;
  readonly forkchoice: Buffer;
}

const ZERO_HASH = `0x${'00'.repeat(32)}`;

/** Everything that can be made before the clock runs is made here. */
export function prepareFloor(blocks: readonly FixtureBlock[]): PreparedBlock[] {
  return blocks.slice(1).map((block) => {
    const triple = { headBlockHash: block.hash, safeBlockHash: ZERO_HASH, finalizedBlockHash: ZERO_HASH };
    return {
      newPayload: post(`{"jsonrpc":"2.0","id":1,"method":"engine_newPayloadV3","params":${newPayloadForm(block)}}`),
      forkchoice: post(
        JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'engine_forkchoiceUpdatedV3', params: [triple, null] }),
      ),
    };
  });
}

/** The serial replay that no client can do with less: newPayload, answer, forkchoice, answer, on one connection. */
export async function replay(url: string, blocks: readonly PreparedBlock[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  try {
    for (const { newPayload, forkchoice } of blocks) {
      await exchange(socket, newPayload);
      await exchange(socket, forkchoice);
    }
  } finally {
    socket.destroy();
  }
}

function post(json: string): Buffer {
  const body = Buffer.from(json, 'latin1');
  const head = `POST / HTTP/1.1\r\nhost: el\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** The stub's answers to these calls fit one packet, so an answer that is whole ends with a brace. */
function exchange(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const settle = (act: () => void): void => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error('the EL stub closed the connection')));
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      if (!answer.endsWith('}')) return;
      const valid = answer.includes('"VALID"');
      settle(() => (valid ? resolve() : reject(new Error(`the EL stub answered ${answer}`))));
    };
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.write(request);
  });
}
