import type { BlockRef, Labels } from '../chain/block.js';
import type { Source } from '../source/source.js';
import { asLockstepError } from '../util/errors.js';

/**
 * The source, whose head is asked for once more where it is below a head or a label that was seen before: where several
 * nodes stand behind the URL in turn, the next one may be ahead, and a ticker alone may meet the same one each time. What
 * is lower in both answers is what the source shows.
 */
export function withNewestHead(source: Source): Source {
  let highest = 0;
  return {
    name: source.name,
    get setbacks() {
      return source.setbacks;
    },
    async head(signal): Promise<BlockRef> {
      const first = await source.head(signal);
      const shown = first.number >= highest ? first : await higherOf(first, source, signal);
      highest = shown.number;
      return shown;
    },
    async labels(signal): Promise<Labels> {
      const labels = await source.labels(signal);
      highest = Math.max(highest, labels.safe?.number ?? 0, labels.finalized?.number ?? 0);
      return labels;
    },
    async safeLabel(signal): Promise<BlockRef | null> {
      const safe = await source.safeLabel(signal);
      highest = Math.max(highest, safe?.number ?? 0);
      return safe;
    },
    chainId: (signal) => source.chainId(signal),
    refAt: (id, signal) => source.refAt(id, signal),
    refsAt: (heights, signal) => source.refsAt(heights, signal),
    block: (id, signal) => source.block(id, signal),
    get blocksPerRequest() {
      return source.blocksPerRequest;
    },
    blocksAt: (heights, signal) => source.blocksAt(heights, signal),
    requestEvidence: (block, signal) => source.requestEvidence(block, signal),
    close: () => source.close(),
  };
}

/** The first answer stands where the second question fails. */
async function higherOf(first: BlockRef, source: Source, signal: AbortSignal): Promise<BlockRef> {
  try {
    const second = await source.head(signal);
    return second.number > first.number ? second : first;
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
    return first;
  }
}
