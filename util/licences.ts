/**
 * Lists the licence of every package that this one is used, built or tested with. Ends with 1 when one is unknown, or asks those who pass the package on
 * for more than naming its authors, as copyleft does.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import satisfies from 'spdx-satisfies';
import { table } from './markdown';

const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'ISC', 'MIT', 'Python-2.0'];

/**
 * What is read of a bill of materials in CycloneDX.
 */
export interface Materials {
  readonly components: { 'bom-ref': string; 'licenses'?: { expression?: string; license?: { id?: string; name?: string } }[] }[];
  readonly dependencies: { ref: string; dependsOn: string[] }[];
}

export interface Licence {
  /** Name and version. */
  readonly package: string;
  /** In the words of SPDX, or in the package's own. */
  readonly licence: string;
  /** Whether users of the library have the package, too. */
  readonly used: boolean;
  readonly allowed: boolean;
}

/** The licences of all materials, those first that come with the peers of the library, which is one of the dependents, by name and version. */
export function licences({ components, dependencies }: Materials, library: string, peers: string[]): Licence[] {
  const used = new Set<string>();
  const needs = (ref: string) => dependencies.find(each => each.ref === ref)?.dependsOn ?? [];
  const use = (ref: string) => {
    if (used.has(ref)) return;
    used.add(ref);
    needs(ref).forEach(use);
  };
  needs(library).filter(ref => peers.includes(ref.replace(/@[^@]*$/, ''))).forEach(use);

  return components.map(({ 'bom-ref': ref, licenses = [] }) => {
    const licence = licenses.map(each => each.expression ?? each.license?.id ?? each.license?.name).join(' AND ') || 'unknown';
    return { package: ref, licence, used: used.has(ref), allowed: allowed(licence) };
  }).sort((a, b) => Number(b.used) - Number(a.used));
}

function allowed(licence: string): boolean {
  try {
    return satisfies(licence, ALLOWED);
  } catch {
    return false; // not in the words of SPDX
  }
}

if (require.main === module) {
  const materials = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
  const { name, version, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const all = licences(materials, `${name}@${version}`, Object.keys(peerDependencies));
  const refused = all.filter(each => !each.allowed);
  console.log(table({ title: 'Licences', columns: ['Package', 'Licence', 'For'], rows: all.map(each => [each.package, each.licence, each.used ? 'use' : 'development']) }));
  refused.forEach(each => console.log(`refused: ${each.package}: ${each.licence}`));
  console.log(`${all.length} packages, ${refused.length} refused`);
  process.exitCode = refused.length > 0 || all.length === 0 ? 1 : 0;
}
