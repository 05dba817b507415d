import { MUTANTS } from './all.js';
import { brokenBy } from './find-out.js';

/** npm run mutants: every mistake, and what finds it out. */
let alive = 0;
for (const mutant of MUTANTS) {
  const began = performance.now();
  const broken = brokenBy(mutant);
  const isKilled = broken !== null && mutant.breaks.includes(broken);
  if (!isKilled) alive += 1;
  const ms = Math.round(performance.now() - began);
  process.stdout.write(
    `${isKilled ? 'killed' : 'ALIVE'}  ${(mutant.id ?? '').padEnd(4)} ${mutant.name}: ${broken ?? 'nothing'} is broken (${ms} ms)\n`,
  );
}
process.stdout.write(`${MUTANTS.length} mutants, ${alive} alive\n`);
process.exitCode = alive === 0 ? 0 : 1;
