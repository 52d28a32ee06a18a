import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** What a program has said, and whether it ended well. It writes its YAML into the folder that CDK8S_OUTDIR names. */
export type Program = (outdir: string) => { readonly good: boolean; readonly said: string };

export interface Language {
  readonly name: string;
  /** How its blocks are marked in docs/languages.md. */
  readonly block: string;
  /** As jsii-pacmak calls it. */
  readonly target: string;
  /** A program that writes the YAML of examples/minimal, which users start from. */
  readonly minimal?: string;
  /** Whether its registry gives what the library stands on. */
  readonly registry?: boolean;
  /** Programs that it takes to run it, each with an argument by which it says its version. */
  readonly tools: { readonly [tool: string]: string };
  /** Makes a program that can be run of a text, in an empty folder of its own. `generated` is the folder that `generate` has filled. */
  readonly prepare?: (folder: string, generated: string) => (text: string) => Program;
}

/** Runs a command, and throws with all it has said when it fails. */
export function run(cwd: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1e8 });
  } catch (error: any) {
    throw new Error(`${command} ${args.join(' ').slice(0, 200)}: status ${error.status}\n${error.stdout}${error.stderr}`);
  }
}

function program(cwd: string, command: string, ...args: string[]): Program {
  return outdir => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, CDK8S_OUTDIR: outdir } });
    return { good: status === 0, said: stdout + stderr };
  };
}

function files(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(extension)).map(file => join(folder, file));
}

/** The versions that the repository is built and tested with. */
const { devDependencies: FLOORS } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** From Python's own registry, but for the library. */
const PYTHON: Language = {
  name: 'Python',
  block: 'py',
  target: 'python',
  minimal: 'examples/minimal/main.py',
  registry: true,
  tools: { python3: '--version' },
  prepare: (folder, generated) => {
    const python = join(folder, 'venv/bin/python');
    const floors = ['cdk8s', 'cdk8s-plus-27', 'constructs'].map(name => `${name}==${FLOORS[name]}`);
    run(folder, 'python3', '-m', 'venv', 'venv');
    run(folder, python, '-m', 'pip', 'install', '--quiet', join(generated, 'cdk8s-sync-async'), ...floors);
    return text => {
      writeFileSync(join(folder, 'main.py'), text);
      return program(folder, python, 'main.py');
    };
  },
};

/** Maven brings what jsii needs. All else is generated, since not every registry has org.cdk8s. */
const JAVA: Language = {
  name: 'Java',
  block: 'java',
  target: 'java',
  tools: { mvn: '--version', javac: '-version' },
  prepare: (folder, generated) => {
    const pom = readFileSync(join(generated, 'cdk8s-sync-async/pom.xml'), 'utf8');
    const runtime = /<artifactId>jsii-runtime<\/artifactId>\s*<version>\[([\d.]+),/.exec(pom)![1];
    const dependencies = [['software.amazon.jsii', 'jsii-runtime', runtime], ['org.jetbrains', 'annotations', '19.0.0'], ['javax.annotation', 'javax.annotation-api', '1.3.2']];
    const elements = dependencies.map(([group, name, version]) => `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`);
    const project = '<modelVersion>4.0.0</modelVersion><groupId>quick</groupId><artifactId>start</artifactId><version>1</version>';
    writeFileSync(join(folder, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0">${project}<dependencies>${elements.join('')}</dependencies></project>`);
    run(folder, 'mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=jars');
    const packages = readdirSync(generated);
    packages.forEach(name => cpSync(join(generated, name, 'src/main/resources'), join(folder, 'classes'), { recursive: true }));
    const sources = packages.flatMap(name => files(join(generated, name, 'src/main/java'), '.java'));
    const classPath = ['classes', 'jars/*'].join(delimiter);
    writeFileSync(join(folder, 'sources'), sources.join('\n'));
    run(folder, 'javac', '-nowarn', '-J-Xmx3g', '-d', 'classes', '-cp', classPath, '@sources');
    return text => {
      writeFileSync(join(folder, 'Main.java'), text);
      run(folder, 'javac', '-nowarn', '-d', 'classes', '-cp', classPath, 'Main.java');
      return program(folder, 'java', '-cp', classPath, 'Main');
    };
  },
};

/** The oldest Go runtime of jsii, not older than the generator, that Go's registry is known to have. */
const GO_RUNTIME = 'v1.141.0';

/** As for Java: all but jsii's runtime is generated. */
const GO: Language = {
  name: 'Go',
  block: 'go',
  target: 'go',
  tools: { go: 'version' },
  prepare: (folder, generated) => {
    const modules = files(generated, 'go.mod').map(file => ({ path: dirname(file), name: /^module (.*)$/m.exec(readFileSync(file, 'utf8'))![1] }));
    writeFileSync(join(folder, 'go.mod'), [
      'module quick.start/main',
      'go 1.25',
      `replace github.com/aws/jsii-runtime-go => github.com/aws/jsii-runtime-go ${GO_RUNTIME}`,
      ...modules.map(({ name, path }) => `replace ${name} => ${path}`),
      '',
    ].join('\n'));
    return text => {
      writeFileSync(join(folder, 'main.go'), text);
      run(folder, 'go', 'mod', 'tidy');
      run(folder, 'go', 'build', '-o', 'main', '.');
      return program(folder, join(folder, 'main'));
    };
  },
};

/** Nobody has tried it: `dotnet` is on no machine that the library was tested on. */
const CSHARP: Language = { name: 'C#', block: 'csharp', target: 'dotnet', tools: { dotnet: '--version' } };

export const LANGUAGES: readonly Language[] = [PYTHON, JAVA, GO, CSHARP];

/** Why a language cannot be run here; undefined when it can. */
export function missing({ name, tools, prepare }: Language): string | undefined {
  const tool = Object.keys(tools).find(each => spawnSync(each, [tools[each]], { stdio: 'ignore' }).status !== 0);
  return tool ? `${tool} is not on this machine` : prepare ? undefined : `there is no test that runs ${name}`;
}

/** Generates the library in a language, and what it stands on where no registry is asked for that, each in a folder of its own. */
export function generate({ target, registry }: Language, folder: string): void {
  const beneath = registry ? [] : Object.keys(FLOORS).filter(name => /^(cdk8s(-plus-\d+)?|constructs)$/.test(name));
  for (const [name, source] of [['cdk8s-sync-async', ROOT], ...beneath.map(each => [each, join(ROOT, 'node_modules', each)])]) {
    run(ROOT, 'npx', 'jsii-pacmak', '--code-only', '--target', target, '--no-npmignore', '--force-subdirectory', 'false', '--outdir', join(folder, name), source);
  }
}

/** Names in a program that no generated source has: a program that cannot be run is at least looked through. */
export function unknownNames(text: string, sources: string): string[] {
  const known = new Set(sources.match(/\w+/g));
  const code = text.replace(/"[^"]*"/g, '');
  return [...new Set(code.match(/\b[A-Z]\w+/g))].filter(name => !known.has(name));
}

/** The blocks of a kind in a page. */
export function blocks(page: string, kind: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text);
}

/** The first of them. */
export function block(page: string, kind: string): string {
  return blocks(page, kind)[0];
}

/** The quick start with fewer pods than it has synchronous ones. */
export function withMistake(text: string): string {
  return text.replace(/\b10\b/, '3');
}
