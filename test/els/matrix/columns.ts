import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ElKind } from '../../../devnet/els/el.js';
import { wireBreaches } from '../../rig/wire-rules.js';
import { ANSWER_SCENARIOS } from './answer-scenarios.js';
import { Column } from './column.js';
import type { Family } from './family.js';
import { FOLLOW_SCENARIOS } from './follow-scenarios.js';
import { RESTART_SCENARIOS } from './restart-scenarios.js';

export const SCENARIOS = [...FOLLOW_SCENARIOS, ...ANSWER_SCENARIOS, ...RESTART_SCENARIOS];

/** The first launch may have to build its EL. */
const LAUNCH_TIMEOUT_MS = 900_000;
const SCENARIO_TIMEOUT_MS = 180_000;

/** Runs every scenario on each EL of a family that is at hand. */
export function describeColumns(kinds: readonly ElKind[], open: () => Promise<Family>): void {
  let family: Family;
  beforeAll(async () => {
    family = await open();
  }, LAUNCH_TIMEOUT_MS);

  afterAll(() => family.close());

  for (const kind of kinds) {
    describe(kind, () => {
      let column: Column;
      const cells = new Map<string, string>();
      beforeAll(async () => {
        column = await Column.open(family, kind);
      }, LAUNCH_TIMEOUT_MS);

      afterAll(() => column.close());

      for (const { title, run } of SCENARIOS) {
        it(
          title,
          async () => {
            const t = performance.now();
            cells.set(title, await run(column));
            process.stderr.write(`${kind} | ${title} | ${cells.get(title)!} | ${Math.round(performance.now() - t)}\n`);
          },
          SCENARIO_TIMEOUT_MS,
        );
      }

      it('was sent no write that it must not be sent', async () => {
        const rules = { blocksUrl: family.source.httpUrl, startedAt: 5, cameBackLower: true };
        expect(await wireBreaches(column.proxy.log, rules)).toEqual([]);
      });
    });
  }
}
