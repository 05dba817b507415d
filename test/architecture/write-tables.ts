import { readFileSync, writeFileSync } from 'node:fs';
import { faultsPage } from '../faults/page.js';
import { securityPage } from '../security/page.js';
import { MIGRATION_PAGES, withFlagTables } from './flag-tables.js';
import { withRecoveryDiagram } from '../follow/model/recovery-diagram.js';
import { withRoomsTable } from './rooms-table.js';

function rewrite(file: string, change: (document: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

rewrite('docs/architecture.md', withRoomsTable);
rewrite('docs/recovery.md', withRecoveryDiagram);
for (const [client, file] of Object.entries(MIGRATION_PAGES)) {
  rewrite(file, (document) => withFlagTables(document, client));
}
writeFileSync('docs/faults.md', faultsPage());
writeFileSync('docs/security.md', securityPage());
