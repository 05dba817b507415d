import { check } from './app/check.js';
import { runCli } from './app/cli.js';
import { run } from './app/run.js';

void runCli(
  process.argv.slice(2),
  process.env,
  {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    isTTY: process.stdout.isTTY,
    size: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }),
    cwd: process.cwd(),
  },
  { run, check },
).then((code) => {
  process.exitCode = code;
});
