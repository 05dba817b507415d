import { readFileSync, writeFileSync } from 'node:fs';

/**
 * dist/sbom.cdx.json: every package that a user of lockstep gets, as CycloneDX 1.5, from the lockfile alone. `npm sbom` leaves out
 * a package that a development one needs as well, and is another file each time.
 */
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { name, version, license, dependencies } = packages[''];

const purl = (package_, at) => `pkg:npm/${package_.replace('@', '%40')}@${at}`;

function componentOf([path, entry]) {
  const packageName = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return {
    type: 'library',
    'bom-ref': path,
    name: packageName,
    version: entry.version,
    purl: purl(packageName, entry.version),
    licenses: entry.license === undefined ? [] : [{ expression: entry.license }],
    hashes: [
      { alg: 'SHA-512', content: Buffer.from(entry.integrity.slice('sha512-'.length), 'base64').toString('hex') },
    ],
  };
}

/** The package that a dependency of the one at `path` is: the nearest of that name, going up. */
function resolved(path, dependency) {
  const steps = path.split('/node_modules/');
  for (let length = steps.length; length > 0; length -= 1) {
    const candidate = [...steps.slice(0, length), dependency].join('/node_modules/');
    if (packages[candidate] !== undefined) return candidate;
  }
  const atTop = `node_modules/${dependency}`;
  return packages[atTop] === undefined ? null : atTop;
}

/** Everything that is reached from the runtime dependencies. */
function reached() {
  const seen = new Map();
  const visit = (path, wanted) => {
    const targets = Object.keys(wanted).flatMap((dependency) => resolved(path, dependency) ?? []);
    for (const target of targets.filter((each) => !seen.has(each))) {
      seen.set(target, []);
      seen.set(target, visit(target, { ...packages[target].dependencies }));
    }
    return targets;
  };
  return { own: visit('', dependencies), seen };
}

const { own, seen } = reached();
const root = `${name}@${version}`;
const bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: {
    component: {
      type: 'application',
      'bom-ref': root,
      name,
      version,
      purl: purl(name, version),
      licenses: [{ expression: license }],
    },
  },
  components: [...seen.keys()].sort().map((path) => componentOf([path, packages[path]])),
  dependencies: [[root, own], ...[...seen].sort()].map(([ref, dependsOn]) => ({
    ref,
    dependsOn: [...dependsOn].sort(),
  })),
};
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(bill, null, 2)}\n`);
