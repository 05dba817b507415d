import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { exitEntries } from '../src/app/exit-meanings.js';
import { MIGRATION_PAGES, withFlagTables } from './architecture/flag-tables.js';
import { readTree } from './architecture/tree.js';
import { withRoomsTable } from './architecture/rooms-table.js';
import { figuresChart, withFigures } from './bench/performance-page.js';
import type { BenchReport } from './bench/results.js';
import { withProfiles } from './els/matrix/page.js';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('the documents', () => {
  it('show the import table that the architecture test holds (else run `npm run docs`)', () => {
    const document = read('docs/architecture.md');
    expect(document).toBe(withRoomsTable(document));
  });

  it.each(Object.entries(MIGRATION_PAGES))(
    'show what becomes of the flags of %s (else run `npm run docs`)',
    (client, file) => {
      const document = read(file);
      expect(document).toBe(withFlagTables(document, client));
    },
  );
  it('show the profiles of ELs that the code has (else run `npm run docs`)', () => {
    const document = read('docs/engines.md');
    expect(document).toBe(withProfiles(document));
  });

  it('show the figures of performance.json in the table and the chart (else run `npm run docs`)', () => {
    const report = JSON.parse(read('docs/performance.json')) as BenchReport;
    const document = read('docs/performance.md');
    expect(document).toBe(withFigures(document, report));
    expect(read('docs/performance.svg')).toBe(figuresChart(report));
  });

  it('name every exit code in the README', () => {
    const named = [...read('README.md').matchAll(/^\| (\d+) +\|/gm)].map((match) => Number(match[1]));
    expect(named).toEqual(exitEntries().map(({ code }) => code));
  });

  it.each([
    ...[
      'README.md',
      'docs/architecture.md',
      'docs/engines.md',
      'docs/devnet.md',
      'docs/dry-run.md',
      'docs/faults.md',
      'docs/kubernetes.md',
      'docs/metrics.md',
      'docs/monitoring/README.md',
      'docs/performance.md',
      'docs/recovery.md',
      'docs/rpc.md',
      'docs/runbook.md',
      'docs/security.md',
      'docs/troubleshooting.md',
      'devnet/README.md',
      'devnet/docker/README.md',
      'devnet/systemd/README.md',
      'devnet/overlays/README.md',
    ],
    ...Object.values(MIGRATION_PAGES),
  ])('have no dead link to a file in %s', (file) => {
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
    const targets = [...read(file).matchAll(/\]\(([^)#:]+)\)/g)].map((match) => `${folder}${match[1] ?? ''}`);
    for (const target of targets) expect(() => read(target)).not.toThrow();
  });

  it('explain log lines that lockstep writes', () => {
    const ours = read('docs/troubleshooting.md').split('## Words of the EL')[0] ?? '';
    const messages = [...ours.matchAll(/^\| `([^`]+)`/gm)].map(([, message = '']) => message);
    const source = [...readTree('src').values()].join('\n');
    expect(messages.length).toBeGreaterThan(20);
    for (const message of messages) expect(source).toContain(message);
  });

  it('point to files that exist in the table of behaviours', () => {
    const files = [...read('docs/architecture.md').matchAll(/`((?:src|test|devnet)\/[\w./-]+\.ts)`/g)].map(
      ([, file]) => file,
    );
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) expect(() => read(file ?? '')).not.toThrow();
  });
});
