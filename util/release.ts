/**
 * Writes what a release needs beside its packages: the files from which projen's workflow makes a release on GitHub, with the words of CHANGELOG.md,
 * and the bill of materials.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { folderOf, linkedTo, release } from './changelog';

const { name, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const { version, notes } = release(readFileSync('CHANGELOG.md', 'utf8'));
const materials = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
// npm takes the name of the folder.
materials.metadata.component.name = name;

mkdirSync('dist', { recursive: true });
writeFileSync('dist/version.txt', version);
writeFileSync('dist/releasetag.txt', `v${version}`);
writeFileSync('dist/changelog.md', `${linkedTo(folderOf({ repository, version }), notes)}\n`);
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(materials, null, 2)}\n`);
console.log(`dist/ holds version ${version}. Nothing has been published.`);
