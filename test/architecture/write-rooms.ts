import { readFileSync, writeFileSync } from 'node:fs';
import { withRoomsTable } from './rooms-table.js';

const FILE = 'docs/architecture.md';

writeFileSync(FILE, withRoomsTable(readFileSync(FILE, 'utf8')));
