import type { Logger } from 'pino';
import type { Labels } from '../chain/block.js';
import type { ExpectedChain } from '../follow/act.js';
import type { FollowHooks } from '../follow/state.js';
import type { Journal } from '../recovery/journal.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { JournalWriter, readJournal } from './journal-file.js';

export interface OpenJournal {
  /** What an earlier run left for this chain; null where nothing can be used. A hint: every block is looked for by hash. */
  readonly recalled: Labels | null;
  /** The same hooks; every turn that shows the EL is noted. */
  watch(hooks: FollowHooks): FollowHooks;
  close(): Promise<void>;
}

interface JournalNotices {
  readonly log: Logger;
  /** The file cannot be read or written. */
  readonly onTrouble: () => void;
}

const WITHOUT: OpenJournal = { recalled: null, watch: (hooks) => hooks, close: () => Promise.resolve() };

/** Reads the journal and keeps it up to date. Nothing that is wrong with the file keeps lockstep from running. */
export async function openJournal(
  path: string | null,
  expected: ExpectedChain,
  notices: JournalNotices,
): Promise<OpenJournal> {
  if (path === null) return WITHOUT;
  const chain = { chainId: expected.chainId, genesis: expected.genesis.hash };
  const { log, onTrouble } = notices;
  const recalled = await recall(path, chain, notices);
  const writer = new JournalWriter({
    path,
    chain,
    recalled,
    onTrouble: (reason) => {
      if (reason === null) {
        log.info({ journal: path }, 'The journal is written again');
        return;
      }
      log.warn({ journal: path, reason }, 'The journal cannot be written; lockstep runs on without it');
      onTrouble();
    },
  });
  return {
    recalled,
    watch: (hooks) => ({
      ...hooks,
      onTurn: (turn) => {
        writer.note(turn.state.remembered);
        hooks.onTurn(turn);
      },
    }),
    close: () => writer.close(),
  };
}

async function recall(
  path: string,
  chain: Omit<Journal, 'labels'>,
  { log, onTrouble }: JournalNotices,
): Promise<Labels | null> {
  try {
    const journal = await readJournal(path);
    if (journal === null) return null;
    if (journal.chainId !== chain.chainId || journal.genesis !== chain.genesis) {
      throw new LockstepError('JOURNAL_UNREADABLE', { detail: `it is of another chain (id ${journal.chainId})` });
    }
    const { safe, finalized } = journal.labels;
    const fields = { safe: safe?.number ?? 'none', finalized: finalized?.number ?? 'none' };
    log.info({ journal: path, ...fields }, 'An earlier run left its labels in the journal');
    return journal.labels;
  } catch (thrown) {
    const error = asLockstepError(thrown);
    log.warn({ journal: path, code: error.code, err: error.message, fix: error.fix }, 'The journal is ignored');
    onTrouble();
    return null;
  }
}
