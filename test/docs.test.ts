import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import * as ts from 'typescript';
import { statefulSet } from '../cluster/objects';
import { timeline } from '../docs/timeline';
import { find, FOUND, link as callAs, Shell } from '../util/shells';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCS = readdirSync(join(ROOT, 'docs')).filter(file => file.endsWith('.md')).map(file => `docs/${file}`);
const EXAMPLES = readdirSync(join(ROOT, 'examples')).map(example => `examples/${example}/README.md`).filter(file => existsSync(join(ROOT, file)));

describe.each(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md', ...DOCS, ...EXAMPLES])('%s', file => {
  // What is indented or between ``` is no Markdown.
  const text = read(file).replace(/^```[^]*?^```$/gm, '').replace(/^ {4}.*$/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link).filter(link => !/^https:/.test(link));

  test('its links lead to files and headings that exist', () => {
    const broken = links.filter(link => {
      const [path, heading] = link.split('#');
      const target = path ? join(ROOT, dirname(file), path) : join(ROOT, file);
      return !existsSync(target) || (heading !== undefined && !anchors(readFileSync(target, 'utf8')).includes(heading));
    });
    expect(broken).toEqual([]);
  });
});

/** What a link can point to in a page, as GitHub and others make it of the headings. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replace(/ /g, '-'));
}

test.each(DOCS)('%s is linked from the README', file => {
  expect(read('README.md')).toContain(`](${file})`);
});

/** Runs a program whose chart is called `chart`, and returns one of its constants. */
function run(code: string, name: string): any {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  return new Function('require', 'exports', `${outputText}\nreturn ${name};`)(require, {});
}

function manifestOf(code: string): string {
  return Yaml.stringify(...Testing.synth(run(code, 'chart')));
}

/** A snippet in what it stands in: the imports, chart and roles of the quick start. */
function complete(snippet: string): string {
  return read('rosetta/chart.ts-fixture').replace('/// here', () => snippet);
}

const SNIPPETS = ['README.md', ...DOCS].flatMap(file => [...read(file).matchAll(/^```ts fixture=chart\n([^]*?)^```$/gm)].map(([, snippet], i) => ({
  name: `${file}, snippet ${i + 1}`,
  path: join(__dirname, `${file.replace(/\W/g, '-')}-${i}.ts`), // nothing is written there: it is where its imports are looked up from
  code: complete(snippet),
})));

test('the snippets compile', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'test/tsconfig.json'), path => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, __dirname, { noUnusedLocals: false, skipLibCheck: true });
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...rest) => {
    const snippet = SNIPPETS.find(each => each.path === path);
    return snippet ? ts.createSourceFile(path, snippet.code, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  };
  const program = ts.createProgram(SNIPPETS.map(({ path }) => path), options, host);
  const mistakes = SNIPPETS.flatMap(({ name, path }) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ messageText }) =>
    `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`));
  expect(mistakes).toEqual([]);
}, 60_000);

test.each(SNIPPETS)('$name is synthesized, and loses no value', ({ code }) => {
  const manifest = manifestOf(code);
  expect(manifest).toMatch(/kind: (StatefulSet|Deployment)\n/);
  expect(manifest).not.toMatch(/: (null|undefined)\n/);
});

/** The names of GPUs in a table, and what they ask for. */
const GPUS = [...read('docs/pod.md').matchAll(/^\| .*`(Gpu\..*)` \| `?([^ `]+)/gm)].map(([, code, resource]) => [code, resource]);

test.each(GPUS)('docs/pod.md says what %s asks for', (code, resource) => {
  const set = run(complete(`const ocr = new SyncAsyncStatefulSet(chart, 'ocr', { image, syncRole, gpu: ${code} });`), 'ocr');
  expect(set.gpu.resource ?? 'none').toBe(resource.replace(/:$/, ''));
});

describe('the demands of docs/demand.md that ask somebody', () => {
  const codes = SNIPPETS.filter(({ name, code }) => name.startsWith('docs/demand.md') && code.includes('const demand = ')).map(({ code }) => code);
  const [prometheus, pods, rabbitmq, redis] = codes.map((code): string[] => run(code, 'demand'));
  const redisInPython: string[] = run(codes[3], 'inPython');

  /** Addresses of this machine, in which no other run of the tests listens, in place of the names: all else, ports too, is as it stands there. */
  const net = `127.${1 + Math.floor(process.pid / 256) % 254}.${process.pid % 256}`;
  const here = (word: string) => word.replace(/^(http:\/\/|)(prometheus|rabbitmq|redis)(?=:|$)/, `$1${net}.0`).replace('"redis"', `"${net}.0"`)
    .replace('vision-ocr-[0-5].vision-ocr-service', `${net}.[0-5]`);

  /** What a demand prints while these servers listen, the first at the first address. Nothing where it ends with another status than 0, as nothing counts then. */
  const ask = async (demand: string[], port: number, servers: Server[], shell?: Shell) => {
    const directory = mkdtempSync(join(tmpdir(), 'demand-'));
    try {
      await Promise.all(servers.map((server, i) => new Promise<void>(resolve => server.listen(port, `${net}.${i}`, resolve))));
      const [program, ...words] = demand.map(here);
      const child = spawn(shell ? callAs(shell, directory) : program, words, { env: { PATH: process.env.PATH, LOGIN: 'me:secret' }, stdio: ['ignore', 'pipe', 'ignore'] });
      let output = '';
      child.stdout.on('data', data => output += data);
      return await new Promise(resolve => child.on('close', status => resolve(status === 0 ? output.trim() : '')));
    } finally {
      servers.forEach(server => server.close());
      rmSync(directory, { recursive: true });
    }
  };

  /** Answers one question, and no other. */
  const web = (path: RegExp, answer: string, status = 200, login?: string) => createHttpServer(({ url, headers }, response) => {
    const asked = path.test(decodeURIComponent(url!)) && headers.authorization === (login && `Basic ${Buffer.from(login).toString('base64')}`);
    response.writeHead(asked ? status : 404).end(asked ? answer : '');
  });
  const length = (answer: string) => createServer(socket => socket.on('data', asked => {
    socket.write(/^(LLEN jobs|\*2\r\n\$4\r\nLLEN\r\n\$4\r\njobs)\r\n$/.test(String(asked)) ? `${answer}\r\n` : '-ERR unknown command\r\n');
  }));

  /** Tests that need a program which not every machine has. */
  const given = (program: string) => {
    if (find(program)) return test;
    process.stderr.write(`skipped: demands of docs/demand.md that need ${program}, which this machine lacks\n`);
    return test.skip;
  };

  const JOBS: [string, string][] = [['0', '6'], ['49', '6'], ['149', '4'], ['1000', '-14']];
  const LENGTHS: [string, string][] = [...JOBS.map(([jobs, number]): [string, string] => [`:${jobs}`, number]), ['-WRONGTYPE Operation against a key', ''], ['-NOAUTH Authentication required.', ''], ['-ERR', '']];

  describe.each(FOUND)('under $name', shell => {
    const scalar = (value: string) => `{"status":"success","data":{"resultType":"scalar","result":[1764230400.781,"${value}"]}}`;

    given('curl').each([[scalar('4'), 200, '4'], [scalar('NaN'), 200, ''], ['{"status":"error"}', 200, ''], [scalar('3.5'), 200, ''], [scalar('4'), 503, '']])(
      'Prometheus answers %s with status %i', async (answer, status, number) => {
        expect(await ask(prometheus, 9090, [web(/^\/api\/v1\/query\?query=scalar\(ceil\(sum\(requests_in_flight\{service="ocr"\}\)\+\/\+8\)\)$/, answer, status)], shell)).toBe(number);
      });

    const inFlight = (count: string) => `# TYPE requests_in_flight gauge\nrequests_in_flight ${count}\nrequests_in_flight_most 99\n`;

    given('curl').each([
      [[inFlight('8.0'), inFlight('0'), inFlight('9')], '3'], [[inFlight('8'), inFlight('8.0')], '2'], [[inFlight('0.0')], '0'], [['requests_in_flight_most 99\n'], ''], [[], ''],
    ])('servers answer %j', async (answers, number) => {
      expect(await ask(pods, 8000, answers.map(answer => web(/^\/metrics$/, answer)), shell)).toBe(number);
    });

    const queue = (jobs: string) => `{"consumers":3,"messages":2000,"messages_details":{"rate":0.0},"messages_ready":${jobs},"messages_ready_details":{"rate":0.0},"messages_unacknowledged":7}`;

    given('curl').each(JOBS)('%s jobs wait in RabbitMQ', async (jobs, number) => {
      expect(await ask(rabbitmq, 15672, [web(/^\/api\/queues\/\/\/jobs$/, queue(jobs), 200, 'me:secret')], shell)).toBe(number);
    });

    given('curl').each([['{"error":"Object Not Found"}', 404], [queue('3'), 500], ['{"name":"jobs"}', 200]])('RabbitMQ answers %s with status %i', async (answer, status) => {
      expect(await ask(rabbitmq, 15672, [web(/./, answer, status, 'me:secret')], shell)).toBe('');
    });

    given('redis-cli').each(LENGTHS)('Redis answers %s', async (answer, number) => {
      expect(await ask(redis, 6379, [length(answer)], shell)).toBe(number);
    });

    given('redis-cli')('nobody answers for Redis', async () => {
      expect(await ask(redis, 6379, [], shell)).toBe('');
    });
  });

  given('python3').each(LENGTHS)('Redis answers %s to Python', async (answer, number) => {
    expect(await ask(redisInPython, 6379, [length(answer)])).toBe(number);
  });

  test('the servers asked are those of the pods that can be synchronous', () => {
    const { metadata, spec } = statefulSet(Testing.synth(run(codes[1], 'chart')));
    expect(pods.at(-1)).toContain(`//${metadata.name}-[0-5].${spec.serviceName}:`);
    expect(spec.template.spec.containers[0].args).toContain('split=between:2/6');
  });
});

test('every event that the entrypoint logs is explained', () => {
  const logged = ['src/entrypoint.sh', 'src/role-label.sh'].flatMap(file => [...read(file).matchAll(/event=([a-z-]+)/g)]).map(([, event]) => event);
  const explained = [...read('docs/troubleshooting.md').matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => cell.match(/[a-z-]+/g)!);
  expect(logged.length).toBeGreaterThan(10);
  expect(logged.filter(event => !explained.includes(event))).toEqual([]);
});

test('the small init of the page on shells stops in order', async () => {
  const [init] = [...read('docs/shell-as-pid-1.md').matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block).filter(block => block.includes('doze()'));
  const directory = mkdtempSync(join(tmpdir(), 'init-'));
  try {
    writeFileSync(join(directory, 'init'), init);
    for (const name of ['server', 'registrar']) {
      writeFileSync(join(directory, name), `#!/bin/sh\ntrap 'echo ${name} asked; sleep 0.2; echo ${name} ended; exit' TERM\necho ${name} up\nwhile :; do sleep 0.05; done\n`, { mode: 0o755 });
    }
    const child = spawn('sh', ['init'], { cwd: directory });
    let told = '';
    child.stdout.on('data', text => {
      told += text;
      if (/server up/.test(told) && /registrar up/.test(told)) child.kill('SIGTERM');
    });
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0);
    expect(told.split('\n').filter(line => !line.endsWith('up'))).toEqual(['registrar asked', 'registrar ended', 'server asked', 'server ended', '']);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 60_000);

test('the workers and pods on the page on autoscaling are those of its example', () => {
  const { code } = SNIPPETS.find(each => each.name === 'docs/autoscaling.md, snippet 1')!;
  const { minReplicaCount, maxReplicaCount, advanced } = Testing.synth(run(code, 'chart')).find(object => object.kind === 'ScaledObject').spec;
  const { formula, target } = advanced.scalingModifiers;
  const [, section] = /^## From jobs to pods\n([^]*?)^## /m.exec(read('docs/autoscaling.md'))!;
  const rows = [...section.matchAll(/^\| (\d+)(?: to (\d+)| and more)? \| (\d+)(?:, [^|]*)? \| (\d+) \|$/gm)];

  expect(rows).toHaveLength(5);
  for (const [, from, to, workers, pods] of rows) {
    for (const jobs of [from, to ?? from]) {
      const wanted = Math.ceil(new Function('queue', `return ${formula}`)(Number(jobs)) / target);
      expect(Math.min(maxReplicaCount, Math.max(minReplicaCount, wanted))).toBe(Number(pods));
    }
    expect(Number(pods) - Number(workers)).toBe(4);
  }
});

test('a manifest without SYNC_INSTANCE is what the page on moving the split makes', () => {
  const { code } = SNIPPETS.find(each => each.name.startsWith('docs/moving-the-split.md') && each.code.includes('JsonPatch.remove'))!;
  expect(manifestOf(code)).toContain('\ndata:\n  INSTANCE: "10"\nimmutable: false\n');
});

test('the fragments of a registrar are those of examples/triton', () => {
  const registrar = read('examples/triton/service/register.py');
  const fragments = [...read('docs/writing-a-registrar.md').matchAll(/^```py\n([^]*?)^```$/gm)].map(([, fragment]) => fragment);
  expect(fragments.length).toBeGreaterThan(0);
  for (const line of fragments.join('').split('\n')) {
    expect(registrar).toContain(line.trim());
  }
});

describe('the timeline', () => {
  const log = (...lines: string[]) => lines.map(line => `logger=sync-async ${line}\n`).join('');

  test('the committed one is that of the committed log', () => {
    expect(timeline(read('docs/shutdown-log.txt'))).toBe(read('docs/shutdown.svg'));
  });

  test('it has a bar for each phase of each process, of the right length', () => {
    const svg = timeline('a line of a program\n' + log(
      't=0.00 event=start role=sync ordinal=0 split=none',
      't=0.00 event=process-start process=server pid=7',
      't=2.00 event=ready process=server',
      't=2.00 event=process-start process=registrar pid=8',
      't=4.00 event=signal signal=TERM',
      't=4.00 event=stop-signal process=registrar signal=TERM',
      't=5.00 event=exit process=registrar status=0',
      't=5.00 event=stop-delay process=server seconds=3',
      't=8.00 event=stop-signal process=server signal=TERM',
      't=9.00 event=kill process=server',
      't=10.00 event=exit process=server status=137',
      't=10.00 event=end status=70 reason="stopped by TERM; process server was killed after 1 s"',
    ));
    const bars = [...svg.matchAll(/<rect class="(\w+)" .*width="([\d.]+)" height="20"><title>(\w+):/g)];
    const second = 70.4; // 860 less the margins of 96 and 60, for 10 s
    expect(bars.map(([, phase, width, process]) => `${process} ${phase} ${(Number(width) / second).toFixed(1)} s`)).toEqual([
      'server starting 2.0 s',
      'server running 3.0 s',
      'registrar running 2.0 s',
      'registrar stopping 1.0 s',
      'server delay 3.0 s',
      'server stopping 2.0 s',
    ]);
    expect(svg).toContain('>KILL</text>');
    expect(svg).toContain('>status 137</text>');
    expect(svg).toContain('ended after 10.00 s with status 70');
  });

  test('a process that is started again has a bar for each of its lives, and two containers have a panel each', () => {
    const life = log(
      't=0.00 event=start role=async ordinal=5 split=none',
      't=0.00 event=process-start process=worker pid=7',
      't=3.00 event=exit process=worker status=1',
      't=3.00 event=restart process=worker in=1',
      't=4.00 event=process-start process=worker pid=9',
      't=6.00 event=running',
    );
    expect(timeline(life).match(/<rect class="running" [^>]*height="20"/g)).toHaveLength(2);
    expect(timeline(life + life).match(/<g transform/g)).toHaveLength(2);
  });

  test('it refuses what is no log of an entrypoint', () => {
    expect(() => timeline('hello\n')).toThrow('no line of an entrypoint');
  });
});
