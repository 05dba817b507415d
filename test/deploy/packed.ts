import { deepStrictEqual, ok } from 'node:assert';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { EXIT } from '../../src/util/exit-codes.js';
import { projectRoot } from '../../devnet/project-root.js';

/** npm run packed: what `npm pack` makes is installed into an empty folder, and runs there without anything beside it. */
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'lockstep-packed-'));
const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

async function lockstep(...args: readonly string[]): Promise<Ended> {
  const program = join(folder, 'node_modules/.bin/lockstep');
  const env = { PATH: process.env['PATH'] };
  try {
    return { code: 0, stdout: (await run(program, args, { cwd: folder, env })).stdout };
  } catch (thrown) {
    const { code, stdout } = thrown as Ended;
    return { code, stdout };
  }
}

try {
  // What prepack does; the build is there.
  await run('npm', ['run', '-s', 'sbom'], { cwd: projectRoot });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: projectRoot });
  const install = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', [...install, join(folder, `lockstep-${manifest.version}.tgz`)], { cwd: folder });

  const installed = join(folder, 'node_modules/lockstep');
  deepStrictEqual(await lockstep('version'), { code: 0, stdout: `v${manifest.version}\n` });
  deepStrictEqual(await lockstep('doc', 'flags'), {
    code: 0,
    stdout: readFileSync(join(installed, 'docs/flags.md'), 'utf8'),
  });
  deepStrictEqual((await lockstep('jwt', 'jwt.hex')).code, 0);
  // Nothing listens there: it has got as far as asking both sides.
  const [source, engine] = ['http://127.0.0.1:1', 'http://127.0.0.1:9'];
  const check = await lockstep('check', '--json', '--l2.follow.source', source, '--l2', engine);
  deepStrictEqual(check.code, EXIT.unavailable);
  ok(check.stdout.includes('ENGINE_UNREACHABLE'));

  const bill = JSON.parse(readFileSync(join(installed, 'dist/sbom.cdx.json'), 'utf8')) as {
    readonly components: readonly { readonly name: string; readonly version: string }[];
  };
  const listed = new Set(bill.components.map(({ name, version }) => `${name} ${version}`));
  const unlisted = Object.entries(manifest.dependencies).filter(([name, version]) => !listed.has(`${name} ${version}`));
  deepStrictEqual(unlisted, []);
  for (const file of manifest.files) ok(existsSync(join(installed, file)));
  for (const file of ['docs/flags.md', 'dist/page/page.js']) ok(readFileSync(join(installed, file)).length > 0);
  process.stdout.write(
    `lockstep ${manifest.version} installs and runs; ${listed.size} components in its bill of materials\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
