import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import {
  flagValue,
  interpolate,
  READ_WITHOUT_COMPLAINT,
  readByLockstep,
  readEnvFile,
  unknownToOpReth,
  variablesWithoutDefault,
  type Settings,
} from './overlay.js';

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment?: Settings;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

const FILES: readonly (readonly [file: string, lockstep: string, el: string])[] = [
  ['devnet/overlays/base/docker-compose.follow.yml', 'follow-cl', 'follow-el'],
  ['devnet/overlays/op-node/docker-compose.yml', 'lockstep', 'el'],
];

// The schema of the Compose Specification, from compose-go v2.16.2 (Apache-2.0, Copyright The Compose Specification Authors).
const schema = JSON.parse(readFileSync('test/vectors/compose-spec.json', 'utf8')) as AnySchema;
const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

describe.each(FILES)('%s', (file, lockstepName, elName) => {
  const text = readFileSync(file, 'utf8');
  const example = readEnvFile(join(dirname(file), '.env.example'));
  const compose = parse(interpolate(text, example), { merge: true }) as Compose;
  const service = (name: string): Service => {
    const found = compose.services[name];
    if (found === undefined) throw new Error(`${file} has no service ${name}`);
    return found;
  };
  const lockstep = service(lockstepName);
  const el = service(elName);

  it('is a compose file', () => {
    const valid = validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('has a value for every variable, and no value without a variable', () => {
    for (const name of variablesWithoutDefault(text)) expect(example).toHaveProperty(name, expect.stringMatching(/./));
    for (const name of Object.keys(example)) expect(text).toContain(`\${${name}:`);
  });

  it('shows the required variables of .env.example on top', () => {
    const head = readFileSync(join(dirname(file), '.env.example'), 'utf8').split('# OPTIONAL')[0] ?? '';
    expect(head).toMatch(/^# REQUIRED\n/);
    const required = [...new Set(variablesWithoutDefault(text))];
    expect(required.filter((name) => !head.includes(`\n${name}=`))).toEqual([]);
  });

  it('refers to services, volumes and secrets that it declares', () => {
    for (const each of Object.values(compose.services)) {
      for (const name of Object.keys(each.depends_on ?? {})) expect(compose.services).toHaveProperty([name]);
      for (const name of each.secrets ?? []) expect(compose.secrets).toHaveProperty([name]);
      const named = (each.volumes ?? [])
        .map((volume) => volume.split(':')[0] ?? '')
        .filter((source) => /^[\w-]+$/.test(source));
      for (const name of named) expect(compose.volumes).toHaveProperty([name]);
    }
  });

  it('publishes each port once, on loopback, and only ports that something listens on', () => {
    const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
    expect(new Set(published.map((port) => port.split(':')[1])).size).toBe(published.length);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(lockstep.ports?.map((port) => port.split(':')[2])).toEqual([
      lockstep.environment?.['LOCKSTEP_METRICS_PORT'],
    ]);
    expect(el.ports?.map((port) => port.split(':')[2])).toEqual([flagValue(el.command, '--http.port')]);
  });

  it('gives lockstep settings that it has', async () => {
    expect(await readByLockstep(lockstep.command, lockstep.environment ?? {})).toEqual(READ_WITHOUT_COMPLAINT);
  });

  it('gives op-reth flags that it has', () => {
    expect(unknownToOpReth(el.command)).toEqual([]);
  });

  it('points lockstep at the engine port of its execution client, with the same secret', () => {
    const { LOCKSTEP_L2_ENGINE_RPC: url, LOCKSTEP_L2_ENGINE_AUTH: secret } = lockstep.environment ?? {};
    expect(url).toBe(`http://${elName}:${flagValue(el.command, '--authrpc.port') ?? ''}`);
    expect(flagValue(el.command, '--authrpc.jwtsecret')).toBe(secret);
    const mounts = (each: Service) => [
      ...(each.secrets ?? []).map((name) => `/run/secrets/${name}`),
      ...(each.volumes ?? []).map((volume) => volume.split(':')[1] ?? ''),
    ];
    for (const each of [lockstep, el]) expect(mounts(each)).toContain(secret);
  });
});
