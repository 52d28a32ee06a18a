import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { Program } from './program';
import { BIN, install, LACKING } from './python';
import { Registry } from './registry';
import { statefulSet } from '../../cluster/objects';
import { OcrChart } from '../../examples/ocr/chart';
import { FOUND } from '../../util/shells';
import { Entrypoint } from '../entrypoint/harness';

const MINUTES = 60_000;
const PYTHON = join(BIN, 'python');

let directory: string;
let registry: Registry;
let programs: Program[];
let pods: Entrypoint[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ocr-'));
  install(directory);
  registry = await Registry.start();
  [programs, pods] = [[], []];
});

afterEach(async () => {
  programs.forEach(program => program.signal('SIGKILL'));
  await Promise.all(pods.map(life => life.dispose()));
  registry.stop();
  rmSync(directory, { recursive: true });
});

/** What the container of a pod has in its environment, with a /tmp and a port of its own. */
async function environment(name: string, model: string): Promise<Record<string, string>> {
  const tmp = join(directory, name);
  mkdirSync(tmp, { recursive: true });
  return {
    PATH: `${BIN}:${process.env.PATH}`,
    PYTHONUNBUFFERED: '1',
    ORT_DISABLE_TELEMETRY: '1',
    TMPDIR: tmp,
    PORT: `${await freePort()}`,
    POD_NAME: name,
    POD_IP: '127.0.0.1',
    ETCD: registry.address,
    BROKER_URL: 'filesystem://',
    MODEL: model,
  };
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Runs a program of the service. */
function run(command: string[], env: Record<string, string>): Program {
  const program = new Program(command, directory, env);
  programs.push(program);
  return program;
}

/** Runs one and waits until it serves. */
async function serving(command: string[], env: Record<string, string>): Promise<Program> {
  const program = run(command, env);
  await program.writes(/event=serving/);
  return program;
}

const MODEL = [PYTHON, 'model.py'];
const SERVER = [PYTHON, 'server.py'];

/** The words that the chart gives to the entrypoint. */
const ARGS: string[] = statefulSet(Testing.synth(new OcrChart(Testing.app(), 'ocr', { image: 'ocr', etcd: 'etcd:2379', broker: 'amqp://rabbitmq' })))
  .spec.template.spec.containers[0].args;
const WORKER = ARGS.slice(ARGS.indexOf('celery'), ARGS.indexOf('celery') + 6);

/** A pod of the chart: the entrypoint with the chart's own words. It is ready to be moved by `putValue`. */
async function pod(ordinal: number, sync: number, model: string): Promise<Entrypoint> {
  const { PATH, POD_NAME, ...env } = await environment(`ocr-${ordinal}`, model);
  const args = ARGS.map(word => word.replace(/^dir=.*/, 'dir=@/run').replace(/^values=.*/, 'values=@/values'));
  args.splice(args.indexOf('dir=@/run') + 1, 0, 'termination-log=@/termination-log');
  const life = new Entrypoint(FOUND[0], { path: PATH, pod: POD_NAME, env, args, value: `${sync}`, under: ['env', '-C', directory], foreign: /^/, limit: 400 });
  pods.push(life);
  return life.begun();
}

/** What the README runs in a pod to list its programs. */
const LIST = /^pids\(\) \{\n.* sh -c '(.*)'$/m.exec(readFileSync(join(__dirname, '../../examples/ocr/README.md'), 'utf8'))![1];

const runs = (life: Entrypoint, nth: number = 1) => life.line({ event: 'running' }, nth);
const told = (life: Entrypoint, what: RegExp) => life.until(`${what}`, () => what.test(life.stdout));

/** Asks for an image over a pod's gRPC port, or the socket of its model; prints what is answered. */
const ask = (address: string, image: string, env: Record<string, string>) => run([PYTHON, '-c', `
import grpc, ocr_pb2, ocr_pb2_grpc
print("asks", flush=True)
print(ocr_pb2_grpc.OcrStub(grpc.insecure_channel("${address}")).Read(ocr_pb2.Image(content=b"${image}"), wait_for_ready=True))
`], env);

/** Puts an image into the queue, and prints what is answered. */
const send = (image: string, env: Record<string, string>) => run([PYTHON, '-c', `
import base64, worker
print(worker.read.delay(base64.b64encode(b"${image}").decode()).get(timeout=120))
`], env);

if (LACKING) process.stderr.write(`skipped: the programs of the OCR example: ${LACKING}\n`);
(LACKING ? describe.skip : describe)('The programs of the OCR example', () => {
  test('read the same text both ways, as the client shows', async () => {
    for (const ordinal of [0, 1]) await pod(ordinal, 1, 'rapidocr');
    await Promise.all(pods.map(life => runs(life)));
    await told(pods[0], /event=registered/);
    const client = run([PYTHON, 'client.py', '--repeat', '2'], await environment('client', 'none'));
    expect([await client.ended(120), client.output]).toEqual([0, expect.anything()]);
    const answers = [...client.output.matchAll(/^(grpc|job) +(\S+) +(.*)$/gm)].map(([, via, by, text]) => ({ via, by, text }));
    const by = (via: string, name: string) => answers.filter(answer => answer.via === via && answer.by === name).map(answer => answer.text);
    expect(by('grpc', 'ocr-0')).toEqual([...Array(2)].flatMap(() => ['Hello, world 42', 'sync and async', 'Total: 1234.50 EUR']));
    expect(by('job', 'ocr-1')).toEqual(by('grpc', 'ocr-0'));
  }, 5 * MINUTES);

  test('refuse both ways what is no image', async () => {
    for (const ordinal of [0, 1]) await pod(ordinal, 1, 'rapidocr');
    await Promise.all(pods.map(life => runs(life)));
    await told(pods[0], /event=registered/);
    for (const via of ['grpc', 'job']) {
      const client = run([PYTHON, 'client.py', '--via', via, 'ocr.proto'], await environment('client', 'none'));
      expect([await client.ended(120), client.output]).toEqual([1, expect.stringContaining('refused: not an image')]);
    }
  }, 5 * MINUTES);

  test.each(['model', 'server', 'worker'])('finish what is in work when the %s gets TERM', async name => {
    const env = await environment('ocr-0', 'sleep:0');
    const model = await serving(MODEL, env);
    const other = name === 'model' ? model : await serving(name === 'server' ? SERVER : WORKER, env);
    const client = name === 'worker' ? send('sleep:3', env) : ask(name === 'model' ? `unix:${env.TMPDIR}/model.sock` : `localhost:${env.PORT}`, 'sleep:3', env);
    await (name === 'worker' ? other.writes(/event=job /) : client.writes(/asks/));
    await new Promise(resolve => setTimeout(resolve, 1000)); // in the middle of it
    other.signal('SIGTERM');
    await other.writes(/event=term|worker: \w+ shutdown/);
    expect(client.output).not.toContain('ocr-0'); // not answered yet
    expect([await client.ended(), client.output]).toEqual([0, expect.stringContaining('ocr-0')]);
    expect(await other.ended()).toBe(0);
  }, 2 * MINUTES);

  test('give the job of a model that dies to another worker', async () => {
    for (const ordinal of [1, 2]) await pod(ordinal, 1, 'sleep:0');
    await Promise.all(pods.map(life => runs(life)));
    const client = send('sleep:5', await environment('client', 'none'));
    const taken = (life: Entrypoint) => /event=job /.test(life.stdout);
    await Promise.race(pods.map(life => life.until('a job', () => taken(life))));
    const [holder, free] = taken(pods[0]) ? pods : [...pods].reverse();
    holder.kill(holder.pidOf('model'), 'KILL');
    expect([await client.ended(120), client.output]).toEqual([0, expect.stringContaining(free.life.pod!)]);
    expect((await holder.ended()).status).toBe(137);
    expect(holder.stdout).toMatch(/event=job-back .*UNAVAILABLE/);
  }, 5 * MINUTES);

  test('lose nothing when a pod moves there and back, and its model goes on', async () => {
    for (const ordinal of [0, 1, 2]) await pod(ordinal, 2, 'sleep:9'); // 0 and 1 serve, 2 works; requests are longer than the server's stop delay
    await Promise.all(pods.map(life => runs(life)));
    const [, moved] = pods;
    await told(moved, /event=registered/);
    const model = moved.pidOf('model');
    const load = run([PYTHON, 'load.py', '--every=0.8', '--jobs=2', '--job-seconds=1'], await environment('client', 'none'));
    await load.writes(/"request", "pod": "ocr-1", "ok": true/);

    moved.putValue('1');
    await runs(moved, 2);
    await load.writes(/"job-done".*"ocr-1"/);
    expect(moved.pidOf('model')).toBe(model);
    const { pid } = await moved.line({ event: 'process-start', process: 'model' });
    expect((await moved.exec(['/bin/sh', '-c', LIST]).ended).output).toMatch(new RegExp(`^${pid} python model.py \n\\d+ \\S*python3? \\S*celery --app=worker worker `));
    moved.putValue('2');
    await runs(moved, 3);
    const before = load.output.length;
    await load.writes(new RegExp(`^[^]{${before}}[^]*"request", "pod": "ocr-1", "ok": true`));
    expect(moved.pidOf('model')).toBe(model);
    load.signal('SIGTERM');
    expect(await load.ended(120)).toBe(0);

    const notes = [...load.output.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
    const of = (event: string) => notes.filter(note => note.event === event);
    expect(of('request').filter(note => !note.ok)).toEqual([]);
    expect(of('request')).toHaveLength(of('end')[0].sent);
    expect(of('job-done').map(note => note.id).sort()).toEqual(of('job').map(note => note.id).sort());
    expect(moved.linesLike({ event: 'move' }).map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual(['sync async warm', 'async sync warm']);
    // A request was in work when the server was told to stop: it took its time to end.
    const time = async (event: string, process: string) => Number((await moved.line({ event, process })).t);
    expect(await time('exit', 'server') - await time('stop-signal', 'server')).toBeGreaterThan(0.5);
    await Promise.all(pods.map(life => life.signal('TERM')));
    expect((await Promise.all(pods.map(life => life.ended()))).map(end => end.status)).toEqual([0, 0, 0]);
  }, 6 * MINUTES);
});
