import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { withRecoveryDiagram } from '../follow/model/recovery-diagram.js';

it('docs/recovery.md shows the steps of recoveries that the exploration sees (else run `npm run docs`)', () => {
  const document = readFileSync('docs/recovery.md', 'utf8');
  expect(document).toBe(withRecoveryDiagram(document));
});
