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
const SCENARIO_TIMEOUT_MS = 180_000;

/** Runs every scenario on each EL of a family that is at hand, one after the other beside one source. */
export async function describeColumns(kinds: readonly ElKind[], open: () => Promise<Family>): Promise<void> {
  let family: Family;
  beforeAll(async () => {
    family = await open();
  }, LAUNCH_TIMEOUT_MS);

  afterAll(() => family.close());

  for (const kind of kinds) if (await isAtHand(kind)) describeColumn(kind, () => family);
}

function describeColumn(kind: ElKind, family: () => Family): void {
  describe(`${kind} beside lockstep`, () => {
    let column: Column;
    const cells: Record<string, string> = {};

    beforeAll(async () => {
      column = await Column.open(family(), kind);
    }, LAUNCH_TIMEOUT_MS);

    afterAll(() => column.close());

    for (const scenario of SCENARIOS) {
      it(
        scenario.title,
        async () => {
          cells[scenario.title] = await runScenario(scenario, column);
        },
        SCENARIO_TIMEOUT_MS,
      );
    }

    it('was sent no write that it must not be sent', async () => {
      await column.judgeWrites(5);
      expect(column.breaches).toEqual([]);
    });

    it('is as docs/engines.md says (else run `npm run docs:engines` and look at the difference)', async () => {
      const result: ColumnResult = { kind, version: await column.version(), cells };
      writeColumn(result);
      expect(result).toEqual(documentedColumns().find((documented) => documented.kind === kind));
    });
  });
}
