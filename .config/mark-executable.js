import { chmodSync } from 'node:fs';

chmodSync('dist/src/main.js', 0o755);
