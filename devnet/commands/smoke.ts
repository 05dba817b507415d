import { Transaction, type TransactionLike } from 'ethers/transaction';
import type { Heads } from '../../src/chain/block.js';
import { toNumber } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject } from '../../src/util/json.js';
import { smokeAccount } from '../accounts.js';
import { readBlock } from '../blocks.js';
import type { StackKind } from '../stack/kinds.js';
import { signHash } from '../sign-hash.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import { readHeads, readRef } from '../heads.js';
import { LABELS } from '../view/snapshot.js';
import { waitUntil } from '../wait-until.js';

/** One second of the slower ticker of lockstep, and a margin for a busy machine. */
const ONE_TICK_MS = 5_000;
const GWEI = 1_000_000_000n;
const DEPOSIT_TYPE = '0x7e';

/** `devnet smoke`: whether the devnet does what it is for. Prints each check with what it saw. */
export async function smoke(
  root: string,
  kind: StackKind | null,
  withinMs: number,
  say: (line: string) => void,
): Promise<boolean> {
  const run = new Smoke(RunningDevnet.open(root, kind), performance.now() + withinMs, say);
  return run.all();
}

class Smoke {
  constructor(
    private readonly devnet: RunningDevnet,
    private readonly deadline: number,
    private readonly say: (line: string) => void,
  ) {}

  async all(): Promise<boolean> {
    const labels = this.check('safe and finalized advance', () => this.labelsAdvance());
    const transactions = this.check('user transactions get into blocks on both sides', () => this.userTransactions());
    const results = [await labels, await transactions];
    if (this.devnet.has('op-node'))
      results.push(await this.check('blocks begin with a deposit', () => this.deposits()));
    results.push(await this.check('the follower shows the three blocks', () => this.sameHeads()));
    return results.every(Boolean);
  }

  private async check(name: string, look: () => Promise<string>): Promise<boolean> {
    try {
      this.say(`ok    ${name}: ${await look()}`);
      return true;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
      this.say(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}${cause}`);
      return false;
    }
  }

  /** By whoever decides, and in the follower: a label that stood still would be equal on both sides as well. */
  private async labelsAdvance(): Promise<string> {
    const before = await this.devnet.authorityHeads();
    const [safe, finalized] = [before.safe?.number ?? 0, before.finalized?.number ?? 0];
    const now = await this.until('both labels move in the follower', async () => {
      const heads = await this.devnet.followerHeads();
      return (heads.safe?.number ?? 0) > safe && (heads.finalized?.number ?? 0) > finalized ? heads : null;
    });
    return `safe ${safe} -> ${now.safe?.number ?? '-'}, finalized ${finalized} -> ${now.finalized?.number ?? '-'}`;
  }

  private async userTransactions(): Promise<string> {
    if (this.devnet.takesTransactions) return this.sendTransactions();
    const { unsafe } = await this.devnet.followerHeads();
    const { transactions } = await readBlock(this.devnet.follower, unsafe.number);
    if (transactions.length === 0) throw new Error(`block ${unsafe.number} of the follower is empty`);
    return `${transactions.length} in block ${unsafe.number} of the follower`;
  }

  private async sendTransactions(): Promise<string> {
    const account = smokeAccount(this.devnet.seed);
    const first = toNumber(await this.devnet.source.call('eth_getTransactionCount', [account.address, 'pending'])) ?? 0;
    const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
    const kinds: readonly TransactionLike[] = [
      { type: 0, to: account.address, value: 1n, gasLimit: 21_000, gasPrice: 100n * GWEI },
      { type: 2, to: account.address, value: 1n, gasLimit: 21_000, ...fees },
    ];
    const hashes: string[] = [];
    for (const [index, kind] of kinds.entries()) {
      const tx = Transaction.from({ chainId: this.devnet.chainId, nonce: first + index, ...kind });
      tx.signature = signHash(account, tx.unsignedHash);
      await this.devnet.source.call('eth_sendRawTransaction', [tx.serialized]);
      hashes.push(tx.hash ?? '');
    }
    const blocks: string[] = [];
    for (const hash of hashes) {
      const [ours, theirs] = await this.until(`${hash} is in a block of both sides`, async () => {
        const receipts = [await this.receipt('source', hash), await this.receipt('follower', hash)] as const;
        return receipts[0] !== null && receipts[1] !== null ? ([receipts[1], receipts[0]] as const) : null;
      });
      if (ours['blockHash'] !== theirs['blockHash']) throw new Error(`${hash} is in two different blocks`);
      blocks.push(String(toNumber(ours['blockNumber'])));
    }
    return `${hashes.length} sent, in block ${blocks.join(' and ')}`;
  }

  private async receipt(side: 'source' | 'follower', hash: string): Promise<JsonObject | null> {
    const receipt = await this.devnet[side].call('eth_getTransactionReceipt', [hash]);
    return isJsonObject(receipt) ? receipt : null;
  }

  private async deposits(): Promise<string> {
    const { unsafe } = await this.devnet.followerHeads();
    const { transactions } = await readBlock(this.devnet.follower, unsafe.number);
    if (transactions[0]?.type !== DEPOSIT_TYPE) throw new Error(`block ${unsafe.number} of the follower has none`);
    return `type ${DEPOSIT_TYPE} in block ${unsafe.number} of the follower`;
  }

  /** The heads move on meanwhile: a label has arrived when it stands at the block that was named, or above it. */
  private async sameHeads(): Promise<string> {
    const named = await this.devnet.authorityHeads();
    const startedAt = performance.now();
    await waitUntil('the follower has what the sequencer named', () => this.hasArrived(named), ONE_TICK_MS);
    const shown = LABELS.map(
      (label) => `${label} ${named[label]?.number ?? '-'} ${named[label]?.hash.slice(0, 10) ?? ''}`,
    );
    return `${shown.join(', ')}, within ${Math.round(performance.now() - startedAt)} ms`;
  }

  private async hasArrived(named: Heads): Promise<boolean> {
    const { follower } = this.devnet;
    const heads = await readHeads(follower);
    for (const label of LABELS) {
      const [wanted, stands] = [named[label], heads[label]];
      if (wanted === null) continue;
      if (stands === null || stands.number < wanted.number) return false;
      const canonical = await readRef(follower, wanted.number);
      if (canonical?.hash !== wanted.hash)
        throw new Error(`${label} ${wanted.number} is another block in the follower`);
    }
    return true;
  }

  private until<T>(what: string, condition: () => Promise<T>): Promise<Exclude<T, false | null | undefined>> {
    return waitUntil(what, condition, Math.max(0, Math.round(this.deadline - performance.now())));
  }
}
