import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Container, Service } from 'kubernetes-types/core/v1.js';
import ts from 'typescript';
import { projectRoot } from '../../devnet/project-root.js';
import {
  flagValue,
  READ_WITHOUT_COMPLAINT,
  readByLockstep,
  readDocuments,
  readYaml,
  type Tree,
  unknownToOpReth,
} from './overlay.js';

const FOLDER = 'devnet/overlays/k8s';
const FILES = readYaml(`${FOLDER}/kustomization.yaml`)['resources'] as unknown as readonly string[];
const DOCUMENTS = FILES.flatMap((file) => readDocuments(`${FOLDER}/${file}`));

/** The API groups whose types the check knows; what is not among them is checked by hand. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'kubernetes-types/core/v1.js',
  'apps/v1': 'kubernetes-types/apps/v1.js',
  'policy/v1': 'kubernetes-types/policy/v1.js',
  'networking.k8s.io/v1': 'kubernetes-types/networking/v1.js',
};

/** What is looked at of a resource that is not part of Kubernetes itself. */
interface Monitor {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
  };
}

const ofKind = (kind: string): readonly Tree[] => DOCUMENTS.filter((document) => document['kind'] === kind);
const SERVICES = ofKind('Service') as unknown as readonly Service[];

const [set] = ofKind('StatefulSet') as unknown as readonly StatefulSet[];
const pod = set?.spec?.template.spec;
const container = (name: string): Container => {
  const found = pod?.containers.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
};
const lockstep = container('lockstep');
const el = container('el');

/**
 * Each manifest as a constant, on a line of its own, of the type that its kind has in the Kubernetes API: a field that
 * the type does not have is an error. Gives the errors of each manifest.
 */
function typeErrors(manifests: readonly unknown[]): readonly (readonly string[])[] {
  const lines = manifests.map((manifest, index) => {
    const { apiVersion, kind } = manifest as { apiVersion: string; kind: string };
    const type = `import('${MODULES[apiVersion] ?? 'unknown'}').${kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const file = join(projectRoot, 'test/deploy/manifests.virtual.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
    },
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.ES2022) : read(name, ...rest);
  const program = ts.createProgram([file], options, host);
  const errors = ts.getPreEmitDiagnostics(program).map(({ file: at, start = 0, messageText }) => ({
    line: at?.getLineAndCharacterOfPosition(start).line,
    text: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
  return manifests.map((_, index) => errors.filter(({ line }) => line === index).map(({ text }) => text));
}

describe('the Kubernetes manifests', () => {
  const native = DOCUMENTS.filter(({ apiVersion }) => String(apiVersion) in MODULES);

  it('have only fields of the Kubernetes API, with values of the right types; others are found', () => {
    expect(native).toHaveLength(5);
    const [first] = native as unknown as readonly Record<string, unknown>[];
    const spoiled = [
      { ...first, spek: {} },
      { ...first, metadata: { name: 1 } },
    ];
    const errors = typeErrors([...native, ...spoiled]);
    expect(errors.map((found) => found.length)).toEqual([...native.map(() => 0), 1, 1]);
  });

  it('select the pods of the StatefulSet', () => {
    const labels = set?.spec?.template.metadata?.labels ?? {};
    const selectors = [
      set?.spec?.selector.matchLabels,
      ...SERVICES.map(({ spec }) => spec?.selector),
      ...ofKind('PodDisruptionBudget').map(({ spec }) => spec?.['selector']?.['matchLabels']),
      ...ofKind('NetworkPolicy').map(({ spec }) => spec?.['podSelector']?.['matchLabels']),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
    expect(SERVICES.map(({ metadata }) => metadata?.name)).toContain(set?.spec?.serviceName);
  });

  it('name ports that the containers have', () => {
    const ports = [...(lockstep.ports ?? []), ...(el.ports ?? [])].map(({ name }) => name);
    const targets = SERVICES.flatMap(({ spec }) => spec?.ports ?? []).map(({ targetPort }) => targetPort);
    const probes = [lockstep.startupProbe, lockstep.livenessProbe, lockstep.readinessProbe].map(
      (probe) => probe?.httpGet?.port,
    );
    for (const port of [...targets, ...probes]) expect(ports).toContain(port);
  });

  it('ask /livez whether to restart and /readyz whether to send requests', () => {
    expect(lockstep.livenessProbe?.httpGet?.path).toBe('/livez');
    expect(lockstep.startupProbe?.httpGet?.path).toBe('/livez');
    expect(lockstep.readinessProbe?.httpGet?.path).toBe('/readyz');
  });

  it('mount what they declare, and the same secret in both containers', () => {
    const declared = [
      ...(pod?.volumes ?? []).map(({ name }) => name),
      ...(set?.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name),
    ];
    for (const { volumeMounts = [] } of [lockstep, el])
      for (const { name } of volumeMounts) expect(declared).toContain(name);
    const secret = lockstep.env?.find(({ name }) => name === 'LOCKSTEP_L2_ENGINE_AUTH')?.value ?? '';
    expect(flagValue(el.args ?? [], '--authrpc.jwtsecret')).toBe(secret);
    for (const { volumeMounts = [] } of [lockstep, el]) {
      expect(volumeMounts.some(({ name, mountPath }) => name === 'jwt' && secret.startsWith(`${mountPath}/`))).toBe(
        true,
      );
    }
  });

  it('run nobody as root, and keep the engine port on loopback', () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
    for (const { securityContext } of [lockstep, el]) {
      expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
    expect(flagValue(el.args ?? [], '--authrpc.addr')).toBe('127.0.0.1');
  });

  it('give lockstep and op-reth settings that they have', async () => {
    const env = Object.fromEntries(
      (lockstep.env ?? []).map(({ name, value = 'https://source.example' }) => [name, value]),
    );
    expect(await readByLockstep(lockstep.args ?? [], env)).toEqual(READ_WITHOUT_COMPLAINT);
    expect(env['LOCKSTEP_METRICS_PORT']).toBe(String(lockstep.ports?.[0]?.containerPort));
    expect(env['LOCKSTEP_L2_ENGINE_RPC']).toBe(`http://127.0.0.1:${flagValue(el.args ?? [], '--authrpc.port') ?? ''}`);
    expect(unknownToOpReth(el.args ?? [])).toEqual([]);
  });

  it('scrape the Service that holds every pod', () => {
    const [monitor] = ofKind('ServiceMonitor') as unknown as readonly Monitor[];
    const found = SERVICES.filter(({ metadata }) =>
      Object.entries(monitor?.spec.selector.matchLabels ?? { none: '' }).every(
        ([key, value]) => metadata?.labels?.[key] === value,
      ),
    );
    expect(found.map(({ spec }) => spec?.publishNotReadyAddresses)).toEqual([true]);
    const ports = found.flatMap(({ spec }) => spec?.ports ?? []).map(({ name }) => name);
    expect(monitor?.spec.endpoints.map(({ port }) => port)).toEqual(ports);
    expect(monitor?.spec.endpoints[0]?.path).toBe('/metrics');
  });

  it('carry the version of this package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(lockstep.image).toBe(`lockstep:${version}`);
  });
});
