import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { flagValue, READ_WITHOUT_COMPLAINT, readByLockstep, readYaml, unknownToOpReth } from './overlay.js';

interface Playground {
  readonly base: string;
  readonly recipe: Readonly<Record<string, { readonly services: Readonly<Record<string, PlaygroundService>> }>>;
}

interface PlaygroundService {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
}

describe('the overlay for builder-playground', () => {
  const playground = readYaml('devnet/overlays/playground/playground.yaml') as unknown as Playground;
  const services = playground.recipe['follower']?.services ?? {};
  const { lockstep, 'follow-el': el } = services;

  it('adds two services to a recipe', () => {
    expect(Object.keys(playground).sort()).toEqual(['base', 'recipe']);
    expect(Object.keys(services)).toEqual(['follow-el', 'lockstep']);
    const fields = new Set(Object.values(services).flatMap((service) => Object.keys(service)));
    expect(['args', 'depends_on', 'files', 'image', 'ports']).toEqual([...fields].sort());
    for (const file of Object.values(services).flatMap(({ files }) => Object.values(files ?? {}))) {
      expect(file).toMatch(/^artifact:\S+$/);
    }
  });

  it('gives lockstep and op-reth settings that they have', async () => {
    expect(await readByLockstep(lockstep?.args ?? [], {})).toEqual(READ_WITHOUT_COMPLAINT);
    expect(unknownToOpReth(el?.args ?? [])).toEqual([]);
  });

  it('connects the two', () => {
    expect(flagValue(lockstep?.args ?? [], '--l2')).toBe(`http://follow-el:${el?.ports['authrpc'] ?? 0}`);
    expect(flagValue(el?.args ?? [], '--authrpc.port')).toBe(String(el?.ports['authrpc']));
    expect(flagValue(lockstep?.args ?? [], '--metrics.port')).toBe(String(lockstep?.ports['metrics']));
    const secret = flagValue(lockstep?.args ?? [], '--l2.jwt-secret') ?? '';
    expect(flagValue(el?.args ?? [], '--authrpc.jwtsecret')).toBe(secret);
    expect(lockstep?.files?.[secret]).toBe(el?.files?.[secret]);
  });
});

describe('the overlay for Kurtosis', () => {
  const star = readFileSync('devnet/overlays/kurtosis/main.star', 'utf8');
  const args = readYaml('devnet/overlays/kurtosis/args.yaml');

  it('has an argument for every one that it reads, and reads every one that it has', () => {
    const read = [...star.matchAll(/args\["(\w+)"\]/g)].map(([, name]) => name);
    expect([...new Set(read)].sort()).toEqual(Object.keys(args).sort());
  });

  it('gives lockstep settings that it has, and op-reth flags that it has', async () => {
    const names = [...star.matchAll(/"(LOCKSTEP_\w+)":/g)].map(([, name = '']) => name);
    const values: Readonly<Record<string, string>> = {
      LOCKSTEP_L2_FOLLOW_SOURCE: String(args['source_rpc']),
      LOCKSTEP_L2_ENGINE_RPC: 'http://follower-el:8551',
      LOCKSTEP_L2_ENGINE_AUTH: '/jwt/jwtsecret',
      LOCKSTEP_METRICS_PORT: /^METRICS_PORT = (\d+)$/m.exec(star)?.[1] ?? '',
    };
    const written = new Map([...star.matchAll(/"(LOCKSTEP_\w+)": "([^"{]*)",/g)].map(([, name, text]) => [name, text]));
    const env = Object.fromEntries(names.map((name) => [name, values[name] ?? written.get(name) ?? '']));
    expect(await readByLockstep(['run'], env)).toEqual(READ_WITHOUT_COMPLAINT);
    const flags = [...star.matchAll(/"(--[\w.-]+)[="]/g)].map(([, flag = '']) => flag);
    expect(unknownToOpReth(['node', ...flags])).toEqual([]);
  });
});

describe.each([
  'README.md',
  'docs/migrate-from-op-node.md',
  'docs/migrate-from-base-consensus.md',
  'devnet/docker/README.md',
  'devnet/overlays/base/README.md',
  'devnet/overlays/op-node/README.md',
  'devnet/overlays/k8s/README.md',
  'devnet/overlays/kurtosis/README.md',
])('%s', (page) => {
  it('names only variables that lockstep reads', async () => {
    const names = [...readFileSync(page, 'utf8').matchAll(/\bLOCKSTEP_[A-Z0-9_]+\b/g)].map(([name]) => name);
    const known = (await readByLockstep(['run', '--l2.follow.source=https://source.example'], emptyValues(names)))
      .warnings;
    expect(known).toEqual([]);
  });
});

/** An empty variable sets nothing, but an unknown one is warned about all the same. */
function emptyValues(names: readonly string[]): Record<string, string> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, '']));
}
