/**
 * absolute-links [DIRECTORY]: lets the links of the README lead to the repository, in the compiled library of a directory. npm does so by itself; PyPI shows the README as it stands.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf, linkedTo } from './changelog';

const path = join(process.argv[2] ?? '.', '.jsii');
const assembly = JSON.parse(readFileSync(path, 'utf8'));
assembly.readme.markdown = linkedTo(folderOf(assembly), assembly.readme.markdown);
writeFileSync(path, JSON.stringify(assembly));
