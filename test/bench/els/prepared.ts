import { buildPayload } from '../../../src/payload/build.js';
import type { Payload } from '../../../src/payload/payload.js';
import { initKeccak } from '../../../src/payload/keccak.js';
import { verifyBlock } from '../../../src/payload/verify.js';
import { forkchoiceBody, type PreparedBlock } from '../floor.js';
import { loadRecordedChain } from './recorded-chain.js';

/** Both requests of every block of a recorded chain. */
export async function preparedBlocks(file: string): Promise<readonly PreparedBlock[]> {
  await initKeccak();
  return loadRecordedChain(file)
    .blocks.slice(1)
    .map((block) => {
      const { ref, request } = payloadOf(block.raw());
      return { newPayload: request, forkchoice: forkchoiceBody(ref.hash) };
    });
}

function payloadOf(json: string): Payload {
  const text = Buffer.from(String(JSON.parse(json)), 'latin1');
  return buildPayload(verifyBlock({ form: 'rlp', text, start: 2, end: text.length }, {}), []);
}
