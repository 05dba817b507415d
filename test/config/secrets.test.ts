import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/util/log.js';
import { cliRig, type CliRun, JWT_HEX } from '../rig/cli.js';

const rig = cliRig();

const PASSWORD = 'canary-password-1';
const PATH_KEY = 'canarykey0123456789';
const HEADER = 'canary-header-value';
const SECRETS = [PASSWORD, PATH_KEY, HEADER, JWT_HEX, JWT_HEX.toUpperCase(), JWT_HEX.slice(0, 16)];
const URL_WITH_SECRETS = `https://user:${PASSWORD}@source.example/v2/${PATH_KEY}?token=${PATH_KEY}`;

function expectNoSecret(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

const output = (run: CliRun): string => run.stdout + run.stderr + inspect(run.config, { depth: 9, showHidden: true });

const COMMANDS = [['run'], ['check', '--json'], ['config'], ['config', '--json'], ['--help'], ['frobnicate']];
const ENVIRONMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'that is usable': {
    LOCKSTEP_L2_FOLLOW_SOURCE: URL_WITH_SECRETS,
    LOCKSTEP_L2_FOLLOW_SOURCE_WS: URL_WITH_SECRETS.replace('https', 'wss'),
    LOCKSTEP_L2_ENGINE_RPC: `http://user:${PASSWORD}@el:8551/${PATH_KEY}`,
    LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: `X-Key: ${HEADER}`,
    LOCKSTEP_L2_ENGINE_AUTH_ENCODED: JWT_HEX,
    LOCKSTEP_RECOVERY_ADMIN_RPC: `http://user:${PASSWORD}@el:8545/${PATH_KEY}`,
  },
  'with a mistake next to each secret': {
    LOCKSTEP_L2_FOLLOW_SOURCE: `htps:/user:${PASSWORD}@source.example/${PATH_KEY}`,
    LOCKSTEP_L2_FOLLOW_SOURCE_WS: `wss//user:${PASSWORD}@source.example/${PATH_KEY}`,
    LOCKSTEP_L2_ENGINE_RPC: `user:${PASSWORD}@el:8551`,
    LOCKSTEP_L2_RPC_URL: `http://user:${PASSWORD}@el:99999/${PATH_KEY}`,
    LOCKSTEP_RECOVERY_ADMIN_RPC: `http//user:${PASSWORD}@el:8545/${PATH_KEY}`,
    LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: `X-Key ${HEADER}`,
    LOCKSTEP_L2_ENGINE_AUTH_ENCODED: `${JWT_HEX}00`,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
  },
  'whose source is unencrypted, on our own EL, and has a fragment': {
    LOCKSTEP_L2_FOLLOW_SOURCE: `http://user:${PASSWORD}@el.example/${PATH_KEY}#${PATH_KEY}`,
    LOCKSTEP_L2_ENGINE_RPC: `http://user:${PASSWORD}@el.example/${PATH_KEY}`,
    LOCKSTEP_L2_ENGINE_AUTH_ENCODED: `${JWT_HEX}zz`,
  },
};

describe('secrets', () => {
  const cases = Object.entries(ENVIRONMENTS).flatMap(([name, env]) => COMMANDS.map((argv) => ({ name, env, argv })));

  it.each(cases)('stay out of the output of $argv for a configuration $name', async ({ env, argv }) => {
    const run = await rig.run(argv, { env });
    expect(output(run).length).toBeGreaterThan(100);
    expectNoSecret(output(run));
  });

  it.each([
    ['a header', `--l2.follow.source.header=X-Key: ${HEADER}`],
    ['the JWT secret', `--l2.jwt-secret-encoded=${JWT_HEX}`],
    ['an unknown flag with a value', `--jwt=${JWT_HEX}`],
    ['a stray word', JWT_HEX],
    ['a URL with a password', `--l2.follow.source=${URL_WITH_SECRETS}`],
    ['a URL that is none', `--l2=${PASSWORD}@el`],
  ])('stay out of the output when %s is given on the command line', async (_name, argument) => {
    for (const argv of [[argument], ['config', argument], ['config', '--json', argument]]) {
      expectNoSecret(output(await rig.run(argv)));
    }
  });

  it.each([
    ['a value of the wrong shape', `l2.follow.source.header:\n  X-Key: ${HEADER}\n`],
    ['a syntax error beside it', `l2.follow.source: "${URL_WITH_SECRETS}\nlog.level: [${HEADER}\n`],
    ['a duplicate key', `l2.follow.source: ${URL_WITH_SECRETS}\nl2.follow.source: ${URL_WITH_SECRETS}\n`],
    ['the wrong kind of value', `l2.follow.source.header: { a: [${HEADER}] }\n`],
    ['an unresolved alias', `l2.follow.source.header: *${PATH_KEY}\n`],
    ['the secret itself', `l2.jwt-secret-encoded: ${JWT_HEX}\n`],
  ])('stay out of the output when a file holds %s', async (_name, text) => {
    rig.write('lockstep.yaml', text);
    const run = await rig.run(['config', '--config=lockstep.yaml']);
    expect(run.code).toBe(78);
    expectNoSecret(output(run));
  });

  it.each(['text', 'terminal', 'logfmt', 'json'] as const)(
    'stay out of a %s log of the configuration',
    async (format) => {
      const { config } = await rig.run(['run'], { env: ENVIRONMENTS['that is usable'] ?? {} });
      let logged = '';
      const sink = { write: (line: string) => void (logged += line) };
      const logger = createLogger({ level: 'trace', format, color: false, pid: false }, sink);
      logger.info(
        { config, source: config?.source, engine: config?.engine, r: config?.recovery, jwt: config?.engine.jwtSecret },
        'settings',
      );
      logger.child({ engine: config?.engine }).info('child');
      expect(logged.split('\n')).toHaveLength(3);
      expectNoSecret(logged);
    },
  );

  it('stay out of JSON, text and console forms of the configuration', async () => {
    const { config } = await rig.run(['run'], { env: ENVIRONMENTS['that is usable'] ?? {} });
    expect(config?.source.url).toBe(URL_WITH_SECRETS);
    const secret = config?.engine.jwtSecret;
    expectNoSecret(JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true }) + inspect(secret));
    expect(`${String(secret)} ${JSON.stringify({ secret })}`).toBe('[redacted] {"secret":"[redacted]"}');
  });
});
