import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAtHand, type ElKind } from '../../../devnet/els/el.js';
import { Column } from './column.js';
import type { Family } from './family.js';
import { documentedColumns } from './page.js';
import { writeColumn, type ColumnResult } from './results.js';
import { runScenario } from './run-scenario.js';
import { SCENARIOS } from './scenarios.js';

/** The first launch may have to build its EL. */
const LAUNCH_TIMEOUT_MS = 900_000;
const SCENARIO_TIMEOUT_MS = 400_000;

/** Runs every scenario on each EL of a family that is at hand, one after the other beside one source. */
export async function describeColumns(kinds: readonly ElKind[], open: () => Promise<Family>): Promise<void> {
  let family: Family | undefined;
  beforeAll(async () => {
    family = await open();
  }, LAUNCH_TIMEOUT_MS);

  afterAll(() => family?.close());

  for (const kind of kinds) if (await isAtHand(kind)) describeColumn(kind, () => present(family));
}

function describeColumn(kind: ElKind, family: () => Family): void {
  describe(`${kind} beside lockstep`, () => {
    let column: Column | undefined;
    const cells: Record<string, string> = {};

    beforeAll(async () => {
      column = await Column.open(family(), kind);
    }, LAUNCH_TIMEOUT_MS);

    afterAll(() => column?.close());

    for (const scenario of SCENARIOS) {
      it(
        scenario.title,
        async () => {
          cells[scenario.title] = await runScenario(scenario, present(column));
        },
        SCENARIO_TIMEOUT_MS,
      );
    }

    it('was sent no write that it must not be sent', async () => {
      const { breaches } = present(column);
      await present(column).judgeWrites();
      expect(breaches).toEqual([]);
    });

    it('is as docs/engines.md says (else run `npm run docs:engines` and look at the difference)', async () => {
      const result: ColumnResult = { kind, version: await present(column).version(), cells };
      writeColumn(result);
      expect(result).toEqual(documentedColumns().find((documented) => documented.kind === kind));
    });
  });
}

/** What was not opened has failed before, with its reason. */
function present<T>(opened: T | undefined): T {
  if (opened === undefined) throw new Error('it could not be opened');
  return opened;
}
