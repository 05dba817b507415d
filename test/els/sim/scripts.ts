import type { ElKind } from '../../../devnet/els/el.js';
import { TIP } from './chain.js';
import type { Duo } from './duo.js';

/** A part of a script; each goes on where the one before it left off, with finalized low enough for every branch. */
export interface Part {
  readonly title: string;
  readonly run: (duo: Duo) => Promise<void>;
  /** For what is not simulated there. */
  readonly notFor?: ElKind;
}

export const PARTS: readonly Part[] = [
  { title: 'takes blocks, and restarts cleanly', run: begins },
  { title: 'is sent ancestors of its head', run: ancestors },
  { title: 'is sent siblings 3, 33, 128 and 129 below its head', run: siblings },
  { title: 'is brought back by copied siblings', run: copies },
  { title: 'is sent labels that do not fit', run: labels },
  { title: 'goes back in steps', run: steps },
  { title: 'is killed, and climbs again', run: killed },
  { title: 'is rewound by debug_setHead', run: rewound, notFor: 'ethereumjs' },
  { title: 'is killed, and goes one block back first', run: killedAgain, notFor: 'ethereumjs' },
  { title: 'is sent blocks above the original of a copied sibling', run: aboveCopies },
];

/** For op-reth with `--engine.allow-unwind-canonical-header`. */
export const UNWIND_PARTS: readonly Part[] = [
  { title: 'takes blocks, and restarts cleanly', run: begins },
  { title: 'is unwound, and takes the same blocks again', run: unwound },
];

async function unwound(duo: Duo): Promise<void> {
  await duo.forkchoice('a107', 'a20', 'a10');
  await duo.forkchoice('a107', 'a20', 'a10');
  await duo.settle();
  await duo.forkchoice('a140', 'a20', 'a10');
  await duo.replay('a', 108, TIP, ['a20', 'a10']);
  await duo.payload('c13');
  await duo.forkchoice('c13', 'a10', 'a10');
  await duo.settle();
  await duo.forkchoice('a12', 'a10', 'a10');
  await duo.settle();
  await duo.replay('a', 13, TIP, ['a20', 'a10']);
}

async function begins(duo: Duo): Promise<void> {
  await duo.replay('a', 1, 40, ['a30', 'a5']);
  await duo.restart('SIGTERM');
  await duo.forkchoice('a39', 'a30', 'a5');
  await duo.forkchoice(duo.head, 'a30', 'a5');
  await duo.forkchoice('a39', 'a30', 'a5');
  await duo.replay('a', duo.height + 1, TIP, ['a10', 'a5']);
}

/** 33 and 32 below the tip, and below the finalized block. */
async function ancestors(duo: Duo): Promise<void> {
  for (const head of ['a107', 'a108']) await duo.forkchoice(head, 'a105', 'a6');
  await duo.forkchoice('a140', 'a20', 'a8');
  await duo.forkchoice('a7', 'a6', 'a6');
  await duo.forkchoice('a140', 'a10', 'a9');
}

async function siblings(duo: Duo): Promise<void> {
  await duo.payload('e138');
  await duo.payload('e137');
  for (const sibling of ['e138', 'd108', 'c13', 'b12']) {
    await duo.payload(sibling);
    await duo.forkchoice(sibling, 'a10', 'a10');
    await duo.settle();
    await duo.payload('a140');
    await duo.forkchoice('a140', 'a11', 'a10');
    await duo.settle();
  }
}

async function copies(duo: Duo): Promise<void> {
  for (const block of ['a140', 'a139', 'a107', 'a13', 'a12']) {
    await duo.payload(`${block}'`);
    await duo.forkchoice(`${block}'`, 'a11', 'a10');
    await duo.settle();
    await duo.forkchoice(block, 'a11', 'a10');
    await duo.settle();
    await duo.payload('a140');
    await duo.forkchoice('a140', 'a10', 'a10');
    await duo.settle();
  }
}

async function labels(duo: Duo): Promise<void> {
  await duo.forkchoice('a140');
  await duo.forkchoice('a140', 'a30', 'a20');
  await duo.forkchoice('a140', 'a10', 'a10');
  await duo.forkchoice('a140', 'd108', 'a10');
  await duo.forkchoice('a140', 'a20', 'd108');
  await duo.forkchoice('a139', 'd108', 'a12');
  await duo.forkchoice('a140', 'a20', 'a13');
  for (const [safe, finalized] of [
    ['a139', 'a14'],
    [null, null],
  ] as const) {
    await duo.forkchoice('e138', safe, finalized);
    await duo.settle();
    await duo.forkchoice('a140', 'a20', 'a15');
    await duo.settle();
  }
  await duo.forkchoice('a140', 'a15', 'a20');
  await duo.forkchoice('a138', 'a139', 'a15');
  await duo.forkchoice('a139', 'd109', 'a16');
  await duo.forkchoice('a140', 'a20', 'a16');
}

/** In steps of what geth takes in one call, past its window of states; then a sibling there, and back up in one call. */
async function steps(duo: Duo): Promise<void> {
  for (const head of ['a108', 'a76', 'a44', 'a12', 'a11']) await duo.forkchoice(head, 'a10', 'a10');
  await duo.payload('b12');
  await duo.forkchoice('b12', 'a10', 'a10');
  await duo.settle();
  await duo.forkchoice('a140', 'a11', 'a10');
  await duo.settle();
}

async function killed(duo: Duo): Promise<void> {
  await duo.restart('SIGKILL');
  await duo.forkchoice(duo.head);
  await climb(duo);
}

/** A block that is VALID and does not become the head is one of an earlier life: its copied sibling takes its place. */
async function climb(duo: Duo): Promise<void> {
  while (duo.height < TIP) {
    const next = `a${duo.height + 1}`;
    await duo.payload(next);
    await duo.forkchoice(next);
    if (duo.head !== next) {
      await duo.payload(`${next}'`);
      await duo.forkchoice(`${next}'`);
      await duo.forkchoice(next);
    }
    if (duo.head !== next) throw new Error(`a copied sibling does not help at ${next}\n${duo.story}`);
    if (duo.height < TIP) await duo.replay('a', duo.height + 1, TIP, ['a20', 'a16']);
  }
  await duo.forkchoice('a140', 'a20', 'a16');
}

/** One block back and up again: where the head moves back, that ends a stale mapping as well. */
async function killedAgain(duo: Duo): Promise<void> {
  await duo.setHead('a60');
  await duo.restart('SIGTERM');
  await duo.forkchoice(duo.head);
  if (duo.height < TIP) await duo.replay('a', duo.height + 1, TIP, ['a20', 'a16']);
  await duo.restart('SIGKILL');
  const { head, height } = duo;
  await duo.forkchoice(head);
  await duo.forkchoice(`a${height - 1}`);
  await duo.forkchoice(head);
  await duo.settle();
  await climb(duo);
}

async function rewound(duo: Duo): Promise<void> {
  await duo.setHead('a140');
  for (const [block, above] of [
    ['a130', 'a132'],
    ['a16', 'a18'],
    ['a15', 'a17'],
  ] as const) {
    await duo.setHead(block);
    await duo.payload(above);
    await duo.replay('a', Math.min(duo.height, TIP - 1) + 1, TIP, ['a20', 'a17']);
  }
}

async function aboveCopies(duo: Duo): Promise<void> {
  await duo.payload("a130'");
  await duo.payload('e139');
  await duo.payload('e137');
  await duo.payload('e138');
  await duo.restart('SIGTERM');
  await duo.payload('e137');
  await duo.payload('e138');
}
