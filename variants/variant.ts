/**
 * The same library for another cdk8s-plus, whose types are others to TypeScript: `cdk8s-sync-async-32` goes with `cdk8s-plus-32`, and so on.
 *
 * Two things are done to the sources. Names are replaced, and lines between `// #if cdk8s-plus < 29` and `// #endif` are left out where the number is not less.
 */

/** The cdk8s-plus of the sources. */
const SOURCE = 27;

/**
 * The oldest version of each cdk8s-plus that will do, of those that the registry had: the packages are built and tested with exactly these.
 *
 * - 28 has `Capability` from 2.3.4 on.
 * - 29 has `shareProcessNamespace` from 2.6.0 on, 30 from 2.4.10, and all newer ones have it: a package can be right only for those with it, or those without.
 */
export const FLOORS: { readonly [version: number]: string } = {
  28: '2.3.4',
  29: '2.6.0',
  30: '2.4.10',
  31: '2.6.19',
  32: '2.0.0',
  33: '2.3.5',
  34: '2.0.20',
};

export const VERSIONS = Object.keys(FLOORS).map(Number);

/** Where the package's own name stands. Nothing in a cluster is called after the package: labels and annotations stay as they are. */
const NAME = /(?<=from '|npm i |node_modules\/|"\^)cdk8s-sync-async(?=['/ $])|(?<=")cdk8s-sync-async(?=": \[)|(?<=^# )cdk8s-sync-async$/gm;

/** The text of a file in the package for another cdk8s-plus. */
export function adapted(text: string, version: number): string {
  return text
    .replace(/^ *\/\/ #if cdk8s-plus < (\d+)\n([^]*?)^ *\/\/ #endif\n/gm, (_, limit, lines) => version < Number(limit) ? lines : '')
    .replace(NAME, `cdk8s-sync-async-${version}`)
    .replaceAll(`cdk8s-plus-${SOURCE}`, `cdk8s-plus-${version}`);
}

/** The package.json for another cdk8s-plus, from that of the repository. */
export function adaptedPackage(text: string, version: number): string {
  const json = JSON.parse(adapted(text, version));
  const plus = `cdk8s-plus-${version}`;
  json.name = `${json.name}-${version}`;
  json.description += `, for ${plus}`;
  json.peerDependencies[plus] = `^${FLOORS[version]}`;
  json.devDependencies[plus] = FLOORS[version];
  const { java, python, dotnet, go } = json.jsii.targets;
  java.package += version;
  java.maven.artifactId += `-${version}`;
  python.distName += `-${version}`;
  python.module += `_${version}`;
  dotnet.namespace += version;
  dotnet.packageId += version;
  go.packageName += version;
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
