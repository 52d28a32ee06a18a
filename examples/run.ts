import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const examples = readdirSync(__dirname).filter((name) => existsSync(join(__dirname, name, 'main.ts')));
for (const name of examples) {
  execFileSync(process.execPath, ['--require', 'ts-node/register/transpile-only', join(__dirname, name, 'main.ts')], { stdio: 'inherit' });
}
