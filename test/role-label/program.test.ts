import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Answer, ApiServer, NO_OPENSSL, Request } from './api-server';
import { HAS, labelled, Pod, readiness, Tool, TOOLS } from './pod';
import { Shell } from '../../util/shells';
import { check, Entrypoint, Life, PYTHON, service } from '../entrypoint/harness';
import { assertOrder, assertSeconds, each, LIVES, Options, prove, Start } from '../entrypoint/prove';

// Each has an API server beside it, and all of these are one process.
LIVES.most = 12;

const ASYNC = { split: 'count', value: '0' };
const SYNC = { split: 'count', value: '1', settle: 3 };

interface Stage {
  readonly start: Start;
  readonly shell: Shell;
  readonly tool: Tool;
  readonly api: ApiServer;
  /** Starts a pod that keeps its label. */
  pod(life?: Life, pod?: Partial<Pod>): Promise<Entrypoint>;
}

/** Declares a proof under every shell, by curl and by python3. */
function proveBoth(sentence: string, run: (stage: Stage) => Promise<void>, options: Options & { readonly host?: string } = {}): void {
  for (const tool of TOOLS) {
    const lacking = NO_OPENSSL ?? (HAS[tool] ? undefined : `This machine has no ${tool}.`);
    prove(`[${tool}] ${sentence}`, async (start, shell) => {
      const api = await ApiServer.start(options.host);
      try {
        await run({ start, shell, tool, api, pod: (life, pod) => start(labelled(shell, { api, tool, ...pod }, life)) });
      } finally {
        await api.goAway();
      }
    }, { lacking, ...options });
  }
}

const set = (life: Entrypoint, role: string, nth = 1) => life.line({ event: 'label', role }, nth);
const troubles = (life: Entrypoint) => life.linesLike({ event: 'error', process: 'role-label' }).map(line => line.reason);
const requests = (life: Entrypoint, api: ApiServer, count: number) => life.poll(`request ${count}`, () => api.requests[count - 1]);
const value = ({ body }: Request) => JSON.parse(body).metadata.labels['cdk8s-sync-async/role'];
/** When a line was logged, in seconds as events have them. */
const moment = (life: Entrypoint, wanted: Record<string, string>, nth = 0) => Number(life.linesLike(wanted)[nth].t);
const isReady = async (life: Entrypoint, shell: Shell) => (await life.probe('ready', readiness(shell)).ended).status === 0;

async function stop(life: Entrypoint, status = 0): Promise<void> {
  await life.signal('TERM');
  assert.equal((await life.ended()).status, status);
}

proveBoth('A synchronous pod gets its label when everything is ready, and is not ready before; the request is small, and of this pod alone.', async ({ api, shell, pod }) => {
  api.answers = [{ status: 200, after: 2 }];
  const life = await pod({ ...SYNC, pod: 'vision-ocr-0' }, { sync: [service('server', ['up=1'], { ready: check('server') })] });
  await life.line({ event: 'running' });
  await requests(life, api, 1);
  assert.equal(await isReady(life, shell), false);
  await set(life, 'sync');
  assert.equal(await isReady(life, shell), true);
  const [{ at, method, url, headers, body }] = api.requests;
  const up = life.eventsLike('server', 'asked').at(-1)!.at;
  assert.ok(at >= up, 'not before the last check');
  assert.deepEqual([method, url], ['PATCH', '/api/v1/namespaces/vision/pods/vision-ocr-0?fieldManager=cdk8s-sync-async']);
  assert.deepEqual([headers.authorization, headers['content-type']], ['Bearer first', 'application/merge-patch+json']);
  assert.deepEqual(JSON.parse(body), { metadata: { uid: 'a-b-c', labels: { 'cdk8s-sync-async/role': 'sync' } } });
  await stop(life);
  assert.deepEqual(api.labels, ['sync', null]);
});

proveBoth('TERM takes the label away first; then the stop delay passes, and only then the next process is asked to end.', async ({ api, pod }) => {
  const life = await pod(SYNC, { stopDelay: 3 });
  await set(life, 'sync');
  await life.event('server', 'started');
  await life.signal('TERM');
  const told = await life.event('server', 'got TERM');
  assert.equal((await life.ended()).status, 0);
  assertSeconds(told.at - api.requests[1].at, 3, 5.5, 'from the request to the server\'s TERM');
  assert.deepEqual(api.labels, ['sync', null]);
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
});

proveBoth('An asynchronous pod has its label before its worker starts, and keeps it.', async ({ api, shell, pod }) => {
  api.answers = [{ status: 200, after: 0.5 }];
  const life = await pod(ASYNC);
  const worker = await life.event('worker', 'started');
  // On a machine that is too slow to ask within two seconds the worker does not wait for it.
  await life.line({ event: 'ready', process: 'role-label' });
  const waited = moment(life, { event: 'ready', process: 'role-label' }) - moment(life, { event: 'process-start', process: 'role-label' });
  if (waited < 2) {
    assert.deepEqual(api.labels, ['async']);
    assertSeconds(worker.at - api.requests[0].at, 0.5, 5, 'from the request to the worker');
  }
  await set(life, 'async');
  assert.equal(await isReady(life, shell), true);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'worker got TERM', 'worker ended');
  assertSeconds(moment(life, { event: 'end' }) - moment(life, { event: 'exit', process: 'worker' }), 0, 2.5, 'the program ends at once');
  assert.equal(api.requests.length, 1);
});

proveBoth('A warm move to the asynchronous role takes the label away as its first act, while readiness is let be seen failing; the next label comes before the worker.', async ({ api, pod }) => {
  const life = await pod({ ...SYNC, shared: [service('model')] }, { stopDelay: 2 });
  await set(life, 'sync');
  await life.event('server', 'started');
  life.putValue('0');
  await life.line({ event: 'move', kind: 'warm' });
  await life.line({ event: 'running' }, 2);
  const moved = moment(life, { event: 'move' });
  assertSeconds(moment(life, { event: 'label', role: 'none' }) - moved, 0, 2.9, 'until the label is gone');
  assertSeconds(moment(life, { event: 'stop-signal', process: 'server' }) - moved, 3, 4.9, 'until the server is asked to end: both at once');
  assert.deepEqual(api.labels, ['sync', null, 'async']);
  assert.ok(api.requests[2].at <= (await life.event('worker', 'started')).at, 'the label comes before the worker');
  life.putValue('1');
  await set(life, 'sync', 2);
  assert.deepEqual(api.labels, ['sync', null, 'async', 'sync']);
  assert.equal(life.eventsLike('model', 'started').length, 1);
  await stop(life);
});

proveBoth('So does a cold one; where the stop delay is longer than the time for readiness, it is waited for.', async ({ api, pod }) => {
  const life = await pod({ ...SYNC, settle: 1 }, { stopDelay: 3 });
  await set(life, 'sync');
  await life.event('server', 'started');
  life.putValue('0');
  assert.equal((await life.ended()).status, 0);
  const moved = moment(life, { event: 'move', kind: 'cold' });
  assertSeconds(moment(life, { event: 'label', role: 'none' }) - moved, 0, 2.9, 'until the label is gone');
  assertSeconds(moment(life, { event: 'stop-signal', process: 'server' }) - moved, 3, 4.9, 'until the server is asked to end');
  assert.deepEqual(api.labels, ['sync', null]);
});

proveBoth('The token is read anew for each request, and stands in nobody\'s arguments.', async ({ api, pod }) => {
  api.answers = [{ status: 503 }, { status: 503 }, 'never'];
  const life = await pod(ASYNC);
  await requests(life, api, 1);
  writeFileSync(join(life.directory, 'api/token'), 'second\n');
  await requests(life, api, 2);
  writeFileSync(join(life.directory, 'api/token'), 'third');
  await requests(life, api, 3);
  const arguments_ = life.alive();
  assert.ok(arguments_.some(line => /curl|python3/.test(line)), 'the request is on its way');
  assert.equal(arguments_.filter(line => line.includes('third')).join(), '');
  assert.deepEqual(api.requests.map(({ headers }) => headers.authorization), ['Bearer first', 'Bearer second', 'Bearer third']);
  await stop(life);
});

proveBoth('An API server with an IPv6 address is asked too.', async ({ api, pod }) => {
  const life = await pod(ASYNC);
  await set(life, 'async');
  assert.deepEqual(api.labels, ['async']);
  await stop(life);
}, { host: '::1' });

proveBoth('An API server that is away at the start delays the label and readiness, but neither the worker nor anybody\'s life.', async ({ api, shell, pod }) => {
  await api.goAway();
  const lives = await Promise.all([ASYNC, SYNC].map(split => pod({ ...split, limit: 60 })));
  await each([0, 1], async which => {
    const life = lives[which];
    const first = await life.event(['worker', 'server'][which], 'started');
    await life.line({ event: 'running' });
    assertSeconds(moment(life, { event: 'running' }), 0, 4, `until it runs, with ${first.name}`);
    await life.looked();
    await life.looked();
    assert.equal(await isReady(life, shell), false);
    assert.match(troubles(life)[0], /^role label: the API server does not do it \(000, .*refused|onnect/i);
    assert.equal(troubles(life).length, 1, 'it says so once');
  });
  await api.comeBack();
  await each([0, 1], async which => {
    const life = lives[which];
    await set(life, ['async', 'sync'][which]);
    assert.equal(await isReady(life, shell), true);
    await stop(life);
    assert.equal(life.terminationLog(), 'stopped by TERM\n', 'what is over is no part of the last words');
  });
});

proveBoth('One that takes connections and says nothing delays the worker by two seconds at most.', async ({ api, shell, pod }) => {
  api.answers = ['never', { status: 200 }];
  const life = await pod(ASYNC);
  await life.event('worker', 'started');
  await requests(life, api, 1);
  await life.line({ event: 'process-start', process: 'worker' });
  const [program, worker] = ['role-label', 'worker'].map(process => moment(life, { event: 'process-start', process }));
  assertSeconds(worker - program, 1.9, 5, 'from the program\'s start to the worker\'s');
  assert.equal(await isReady(life, shell), false);
  await set(life, 'async');
  assert.equal(await isReady(life, shell), true);
  assertSeconds(api.requests[1].at - api.requests[0].at, 5, 9, 'until the next request');
  await stop(life);
});

proveBoth('While it is away a stop tries on; when it is back in time the label is taken away, and the stop delay passes.', async ({ api, pod }) => {
  const life = await pod({ ...SYNC, limit: 60 }, { giveUp: 20, stopDelay: 2 });
  await set(life, 'sync');
  await life.event('server', 'started');
  await api.goAway();
  await life.signal('TERM');
  await life.looked();
  assert.deepEqual(life.eventsLike('server', 'got TERM'), [], 'its server goes on');
  await api.comeBack();
  await set(life, 'none');
  const told = await life.event('server', 'got TERM');
  assert.equal((await life.ended()).status, 0);
  assertSeconds(told.at - api.requests.at(-1)!.at, 2, 5, 'from the request to the server\'s TERM');
  assert.deepEqual(api.labels, ['sync', null]);
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
});

proveBoth('When it stays away the stop goes on, in order and with status 0, and the last words say so.', async ({ api, pod }) => {
  const life = await pod({ ...SYNC, limit: 60 }, { giveUp: 3 });
  await set(life, 'sync');
  await life.event('server', 'started');
  await api.goAway();
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got TERM', 'server ended');
  assert.match(life.terminationLog(), /^stopped by TERM; role label: the API server does not do it \(000, /);
  await api.comeBack();
});

const FORBIDDEN = 'pods "ocr-0" is forbidden: User "system:serviceaccount:vision:ocr" cannot patch resource "pods" in API group "" in the namespace "vision"';

proveBoth('403 says which right is missing, once, in the log and in the last words, and is not asked again for ten seconds.', async ({ api, shell, pod }) => {
  api.answers = [{ status: 403, message: FORBIDDEN }, { status: 403, message: FORBIDDEN }, { status: 200 }];
  const said = `role label: the right to patch pod ocr-0 is missing (403, ${FORBIDDEN.replaceAll('"', '\'')})`;
  const early = await pod(SYNC);
  await requests(early, api, 1);
  await early.poll('trouble', () => troubles(early)[0]);
  assert.equal(await isReady(early, shell), false);
  await early.event('server', 'started');
  await stop(early);
  assert.equal(early.terminationLog(), `stopped by TERM; ${said}\n`);

  const life = await pod(SYNC);
  await set(life, 'sync');
  assert.deepEqual(troubles(life), [said]);
  assertSeconds(api.requests[2].at - api.requests[1].at, 10, 15, 'until the next request');
  await stop(life);
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
});

proveBoth('409 is tried again after a second, 429 when the server says, 5xx more and more seldom, and anything else after ten seconds.', async ({ shell, tool, start }) => each([
  [{ status: 409, message: 'the object has been modified' }, 1, 1],
  [{ status: 429, headers: { 'Retry-After': '4' } }, 4, 4],
  [{ status: 429 }, 1, 1],
  [{ status: 429, headers: { 'Retry-After': 'Sat, 28 Nov 2026 00:00:00 GMT' } }, 1, 1],
  [{ status: 500, message: 'etcdserver: request timed out' }, 1, 2],
  [{ status: 503, headers: { 'Retry-After': '3' } }, 3, 3],
  [{ status: 401, message: 'Unauthorized' }, 10, undefined],
  [{ status: 404, message: 'pods "ocr-0" not found' }, 10, undefined],
  [{ status: 422, message: 'metadata.uid: Invalid value: field is immutable' }, 10, undefined],
] as [Answer & object, number, number | undefined][], async ([answer, first, second]) => {
  const api = await ApiServer.start();
  api.answers = [answer, ...second === undefined ? [] : [answer], { status: 200 }];
  const life = await start(labelled(shell, { api, tool }, ASYNC));
  try {
    await set(life, 'async');
    const [a, b, c] = api.requests.map(({ at }) => at);
    assertSeconds(b - a, first, first + 3, `${answer.status}: until the second request`);
    if (second !== undefined) assertSeconds(c - b, second, second + 3, `${answer.status}: until the third request`);
    assert.equal(troubles(life).length, 1);
    assert.ok(troubles(life)[0].includes(`(${answer.status}, ${(answer.message ?? 'no reason').replaceAll('"', '\'')})`), troubles(life)[0]);
    await stop(life);
  } finally {
    await api.goAway();
  }
}));

proveBoth('A stop does not wait for what no time brings back: the rights, or the pod itself.', async ({ shell, tool, start }) => each([401, 403, 404, 422], async status => {
  const api = await ApiServer.start();
  api.answers = [{ status: 200 }, { status }];
  const life = await start(labelled(shell, { api, tool, giveUp: 20, stopDelay: 2 }, SYNC));
  try {
    await set(life, 'sync');
    await life.event('server', 'started');
    await life.signal('TERM');
    const told = await life.event('server', 'got TERM');
    assertSeconds(told.at - api.requests[1].at, 2, 5, `${status}: until the server's TERM`);
    assert.equal(api.requests.length, 2);
    assert.equal((await life.ended()).status, 0);
  } finally {
    await api.goAway();
  }
}));

proveBoth('A request that is on its way comes to its end before the label is taken away, so that it cannot arrive after it.', async ({ api, pod }) => {
  api.answers = [{ status: 200, after: 3 }, { status: 200 }];
  const life = await pod(SYNC);
  await life.event('server', 'started');
  await requests(life, api, 1);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(api.labels, ['sync', null]);
  assert.ok(api.requests[1].at >= api.requests[0].at + 2.9, 'the second is sent after the answer to the first');
});

proveBoth('So does that of a worker, before the pod gets the label of the other role.', async ({ api, pod }) => {
  api.answers = [{ status: 200, after: 4, regardless: true }, { status: 200 }];
  const life = await pod({ ...ASYNC, shared: [service('model')], limit: 60 });
  await life.event('worker', 'started');
  assert.deepEqual(api.labels, []);
  life.putValue('1');
  await set(life, 'sync');
  await life.looked();
  assert.deepEqual(api.labels, ['async', 'sync']);
  await stop(life);
});

proveBoth('A stop asks once more when its time is over, however long the server wants to be left alone.', async ({ api, pod }) => {
  api.answers = [{ status: 200 }, { status: 429, headers: { 'Retry-After': '300' } }];
  const life = await pod({ ...SYNC, limit: 60 }, { giveUp: 4 });
  await set(life, 'sync');
  await stop(life);
  assert.equal(api.requests.length, 3);
  assertSeconds(api.requests[2].at - api.requests[1].at, 4, 7, 'until the last request');
});

proveBoth('Of an endless message the beginning is told, at once.', async ({ api, pod }) => {
  api.answers = [{ status: 400, message: 'a "word" '.repeat(20_000) }];
  const life = await pod(ASYNC);
  const told = await life.line({ event: 'error', process: 'role-label' });
  assert.match(told.reason, /^role label: the API server does not do it \(400, (a 'word' ){20}/);
  assert.ok(told.reason.length < 400, `${told.reason.length} characters`);
  assertSeconds(Number(told.t) - moment(life, { event: 'process-start', process: 'role-label' }), 0, 8, 'until it is told');
  await stop(life);
});

proveBoth('A pod that never had its label is not asked by anybody: its stop takes no delay and no request.', async ({ api, pod }) => {
  api.answers = [{ status: 503 }];
  const life = await pod(SYNC, { stopDelay: 10 });
  await life.event('server', 'started');
  await life.poll('trouble', () => troubles(life)[0]);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertSeconds(moment(life, { event: 'end' }) - moment(life, { event: 'signal' }), 0, 2.8, 'the whole stop');
  assert.ok(api.requests.every(request => value(request) === 'sync'));
});

proveBoth('What an earlier life of the container has written down counts for nothing, in the same role and in the other.', async ({ api, shell, pod }) => {
  api.answers = [{ status: 503 }];
  await each(['sync', 'async'], async role => {
    const prepare = (directory: string) => writeFileSync(join(directory, 'run/role-label'), `1 ${role} right 5 role label: long over\n`);
    const life = await pod({ ...ASYNC, prepare });
    await life.event('worker', 'started');
    await life.poll('its answer', () => troubles(life).find(trouble => trouble.includes('503')));
    assert.equal(await isReady(life, shell), false);
    await stop(life);
    assert.match(life.terminationLog(), /^stopped by TERM; role label: .*503/);
    const refused = await pod({ ...ASYNC, value: 'x', prepare });
    assert.equal((await refused.ended()).status, 64);
    assert.doesNotMatch(refused.terminationLog(), /long over/);
  });
});

proveBoth('A server whose certificate is not of the cluster is told nothing.', async ({ api, pod }) => {
  const other = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/)[0];
  const life = await pod({ ...ASYNC, prepare: directory => writeFileSync(join(directory, 'api/ca.crt'), other) });
  assert.match((await life.line({ event: 'error', process: 'role-label' })).reason, /certificate/i);
  assert.deepEqual(api.requests, []);
  await stop(life);
});

proveBoth('Proxies, settings of curl and modules of Python\'s that are the service\'s own do not matter.', async ({ api, pod }) => {
  const life = await pod({
    ...ASYNC,
    env: { https_proxy: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' },
    prepare: directory => {
      mkdirSync(join(directory, 'home'));
      writeFileSync(join(directory, 'home/.curlrc'), 'proxy = "http://127.0.0.1:1"\n');
      writeFileSync(join(directory, 'home/ssl.py'), 'raise SystemExit("not this one")\n');
    },
    under: ['/bin/sh', '-c', 'HOME=$0 PYTHONPATH=$0 CURL_HOME=$0; export HOME PYTHONPATH CURL_HOME; exec "$@"', '@/home'],
  });
  await set(life, 'async');
  assert.deepEqual(troubles(life), []);
  assert.deepEqual(api.labels, ['async']);
  await stop(life);
});

prove('An image with neither curl nor python3 ends with 64, and says what is missing.', async (start, shell) => {
  const api = await ApiServer.start();
  await each([ASYNC, SYNC], async split => {
    const life = await start(labelled(shell, { api, tool: undefined }, split));
    assert.equal((await life.ended()).status, 64);
    assert.match(life.terminationLog(), /^process role-label ended with status 64; role label: the image has neither curl nor python3$/m);
    assert.equal(life.eventsLike('worker', 'started').length, 0);
  });
  assert.deepEqual(api.requests, []);
  await api.goAway();
}, { lacking: NO_OPENSSL });

prove('A Python that lacks what it takes says so.', async (start, shell) => {
  const api = await ApiServer.start();
  const python = `#!/bin/sh\nshift 2\ncode=$1\nshift\nexec ${PYTHON} -I -c "import sys; sys.modules['ssl'] = None\n$code" "$@"\n`;
  const life = await start(labelled(shell, { api, tool: undefined }, { ...ASYNC, prepare: directory => writeFileSync(join(directory, 'bin/python3'), python, { mode: 0o755 }) }));
  assert.match((await life.line({ event: 'error', process: 'role-label' })).reason, /\(000, python3: import of ssl halted/);
  await stop(life);
  await api.goAway();
}, { lacking: NO_OPENSSL ?? (HAS.python3 ? undefined : 'This machine has no python3.') });

prove('Processes and checks run a copy of the program, which a newer one in its place does not change.', async (start, shell) => {
  const api = await ApiServer.start();
  const life = await start(labelled(shell, { api, tool: 'curl' }, { ...SYNC, shared: [service('model')] }));
  await set(life, 'sync');
  writeFileSync(join(life.directory, 'script/role-label.sh'), 'exit 3\n');
  assert.equal(await isReady(life, shell), true);
  life.putValue('0');
  await set(life, 'async');
  await stop(life);
  await api.goAway();
}, { lacking: NO_OPENSSL ?? (HAS.curl ? undefined : 'This machine has no curl.') });
