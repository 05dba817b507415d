import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copies, execForm, instructionsOf, makeImageFolder, stages } from './image.js';

const [BUILD, RUNTIME] = stages() as [ReturnType<typeof stages>[0], ReturnType<typeof stages>[0]];

const single = (keyword: string): string => {
  const found = instructionsOf(RUNTIME, keyword);
  expect(found).toHaveLength(1);
  return found[0]?.getArgumentsContent() ?? '';
};

const entryPoint = (): readonly string[] => {
  const [instruction] = instructionsOf(RUNTIME, 'ENTRYPOINT');
  return (instruction && execForm(instruction)) ?? [];
};

const healthCommand = (): readonly string[] => {
  const text = single('HEALTHCHECK').replace(/\\\n/g, ' ');
  return JSON.parse(text.slice(text.indexOf('CMD') + 'CMD'.length)) as string[];
};

describe('the Dockerfile', () => {
  it('builds in one stage and runs in another that has no shell', () => {
    expect(stages().map(({ name }) => name)).toEqual(['build', null]);
    expect(instructionsOf(RUNTIME, 'RUN')).toEqual([]);
  });

  it('copies only what is there and reaches the builder', () => {
    const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
    const sources = copies(BUILD).flatMap(({ from, sources: paths }) => (from === null ? paths : []));
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect([source, existsSync(source)]).toEqual([source, true]);
      expect(ignore).toContain(`!${source.split('/')[0] ?? ''}`);
    }
  });

  it('copies the scripts of the build with every file that they import', () => {
    const sources = copies(BUILD).flatMap(({ from, sources: paths }) => (from === null ? paths : []));
    const scripts = sources.filter((path) => path.endsWith('.js'));
    const imported = scripts.flatMap((script) =>
      [...readFileSync(script, 'utf8').matchAll(/^import .* from '(\.[^']+)';$/gm)].map(([, path = '']) =>
        join(dirname(script), path),
      ),
    );
    expect(imported.length).toBeGreaterThan(0);
    // What is compiled is made of the sources, in the image.
    expect(sources).toEqual(expect.arrayContaining(imported.filter((path) => !path.startsWith('dist/'))));
  });

  it('copies from stages that exist', () => {
    const froms = copies(RUNTIME).map(({ from }) => from);
    expect(new Set(froms)).toEqual(new Set(['build']));
  });

  it('runs as a numeric user that is not root, and stops by a signal that lockstep handles', () => {
    expect(single('USER')).toMatch(/^[1-9]\d+:[1-9]\d+$/);
    expect(single('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('keeps the journal in a volume that its user may write to', () => {
    const place = single('VOLUME');
    expect(single('ENV')).toContain(`XDG_STATE_HOME=${place} `);
    expect(copies(RUNTIME).find(({ target }) => target === place)?.owner).toBe(single('USER'));
  });

  it('names its program in exec form, so that a list of arguments follows it', () => {
    expect(entryPoint()).toEqual(['/nodejs/bin/node', '/app/dist/lockstep.js']);
    expect(healthCommand()).toEqual([...entryPoint(), 'healthcheck']);
  });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a folder with what the image holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-image-'));

  beforeAll(() => {
    makeImageFolder(folder);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** The command of the image, with the Node.js of this machine and the folder in place of /app. */
  function run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const [program = '', ...args] = command.slice(1);
    const argv = [program.replace(/^\/app/, folder), ...args];
    return new Promise((resolve) => {
      execFile(process.execPath, argv, { cwd: folder, env, timeout: 20_000 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }

  it('holds lockstep, its page, and no package', () => {
    expect(readdirSync(folder).sort()).toEqual(['dist', 'package.json', 'state']);
    expect(readdirSync(join(folder, 'dist'))).toEqual(['bundle', 'lockstep.js', 'page']);
  });

  it('runs lockstep', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run([...entryPoint(), 'version'])).toEqual({ code: 0, stdout: `v${version}\n`, stderr: '' });
  });

  it('runs the health command, which knows itself and finds nobody there', async () => {
    const help = await run([...healthCommand(), '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^lockstep healthcheck\n/);
    const env = { LOCKSTEP_METRICS_ENABLED: 'true', LOCKSTEP_METRICS_ADDR: '0.0.0.0', LOCKSTEP_METRICS_PORT: '1' };
    const probe = await run(healthCommand(), env);
    expect(probe).toMatchObject({
      code: 69,
      stdout: expect.stringMatching(/^unhealthy: .*\(ECONNREFUSED\)\n$/) as unknown,
    });
  });

  it('takes a command list of an op-node deployment', async () => {
    const argv = ['op-node', '--l1=http://l1.invalid', '--p2p.disable', '--l2.follow.source=http://127.0.0.1:1'];
    const env = { LOCKSTEP_BOOT_TIMEOUT: '1s', OP_NODE_L2_ENGINE_AUTH: 'none.hex', OP_NODE_LOG_FORMAT: 'json' };
    const refused = await run([...entryPoint(), ...argv], env);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('--l2.jwt-secret "none.hex" (env:OP_NODE_L2_ENGINE_AUTH) cannot be read');
  });
});
