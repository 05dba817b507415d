import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAtHand, type ElKind } from '../../devnet/els/el.js';
import { caseName, maxSearchCalls, type RecoveryCase } from './recovery/case.js';
import { Patient } from './recovery/patient.js';

/** The first start may have to build the EL. */
const START_TIMEOUT_MS = 900_000;
const TIMEOUT_MS = 300_000;

const ahead = (depth: number): RecoveryCase => ({ depth, source: 'ahead', labels: 'below ancestor', executed: false });

/** A few of each EL; `npm run recovery:els` has them all. */
const CASES: Readonly<Partial<Record<ElKind, readonly RecoveryCase[]>>> = {
  geth: [{ ...ahead(5), source: 'at ancestor', labels: 'branch' }, { ...ahead(33), executed: true }, ahead(129)],
  reth: [{ ...ahead(5), source: 'at ancestor' }, ahead(129)],
  'op-geth': [{ ...ahead(5), source: 'falls back' }, { ...ahead(33), executed: true }, ahead(129)],
  'op-reth': [{ ...ahead(5), source: 'at ancestor', labels: 'branch' }, ahead(129)],
};

describe.each(Object.entries(CASES) as [ElKind, readonly RecoveryCase[]][])(
  '%s on a branch of its own',
  (kind, cases) => {
    let patient: Patient | undefined;

    beforeAll(async () => {
      if (await isAtHand(kind)) patient = await Patient.start(kind);
      else process.stderr.write(`${kind}: not run, there is no binary of it\n`);
    }, START_TIMEOUT_MS);

    afterAll(() => patient?.close());

    it.each(cases.map((given) => [caseName(given), given] as const))(
      'is brought back to the chain of the source: %s',
      async (_name, given) => {
        const recovery = await patient?.recover(given);
        const { searchCalls = 0, searches = 1 } = recovery ?? {};
        expect(searchCalls).toBeLessThanOrEqual(searches * maxSearchCalls(given.depth));
      },
      TIMEOUT_MS,
    );
  },
);

describe('an op-geth below its window without debug in --http.api', () => {
  it(
    'stays where it is, and the hold names what helps',
    async () => {
      const patient = await Patient.start('op-geth', ['--http.api', 'eth,net,web3']);
      try {
        const line = await patient.holdReason({ depth: 129, finalized: false });
        expect(line).toMatchObject({ reason: 'recovery-failed', advice: expect.stringContaining('debug') });
      } finally {
        await patient.close();
      }
    },
    START_TIMEOUT_MS,
  );
});

describe('a geth with a final block of its own', () => {
  it(
    'stays there although the source has another branch',
    async () => {
      const patient = await Patient.start('geth');
      try {
        const line = await patient.holdReason({ depth: 4, finalized: true });
        expect(line).toMatchObject({ reason: 'finalized-divergence' });
      } finally {
        await patient.close();
      }
    },
    START_TIMEOUT_MS,
  );
});
