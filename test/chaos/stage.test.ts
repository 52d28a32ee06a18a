import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Disruption, DISRUPTIONS, rest } from '../../chaos/disruptions';
import { Driver } from '../../chaos/driver';
import { Deaths } from '../../chaos/ledger';
import { Owner } from '../../chaos/owner';
import { Settings } from '../../chaos/settings';
import { Means, Stage, Undone } from '../../chaos/stage';
import { DEPLOYMENTS } from '../../chaos/systems/deployments';
import { BETWEEN, LIBRARY } from '../../chaos/systems/library';
import { SCRIPT } from '../../chaos/systems/script';
import { System } from '../../chaos/systems/system';
import { Kubectl } from '../../cluster/kubectl';
import { Pod, Pods } from '../../cluster/pods';
import { seeded } from '../../util/random';

const OUTPUT = { status: 0, stdout: '', stderr: '' };

function pod(name: string, restartCount: number = 0, node: string = 'far'): Pod {
  return {
    metadata: { name, uid: name, labels: {} },
    spec: { containers: [{ name: 'main' }], nodeName: node },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '' }], containerStatuses: [{ restartCount } as any] },
  };
}

/** A stage of two synchronous pods and one more, with a kubectl that answers as it is told. */
function stage(answer: (args: string[]) => Partial<typeof OUTPUT> = () => ({}), means: Partial<Means> = {}, pods: Pod[] = [pod('script-0'), pod('script-1'), pod('script-2')], system: System = SCRIPT) {
  const asked: string[] = [];
  const run = async (args: string[]) => {
    asked.push(args.join(' '));
    return { ...OUTPUT, ...answer(args) };
  };
  const print = async (args: string[]) => {
    const { status, stdout } = await run(args);
    if (status !== 0) {
      throw new Error(`kubectl ${args[0]} failed`);
    }
    return stdout;
  };
  const settings = { replicas: 3, sync: 2 } as Settings;
  const driver = { now: () => 100, ledger: { servers: [], requests: [], open: () => [] } } as unknown as Driver;
  const whole = { closed: 'chaos/x', home: 'home', nodes: 2, owner: new Owner({}), ...means } as Means;
  const apply = async () => { await print(['apply']); };
  const remove = async () => { await print(['delete', 'objects']); };
  const kubectl = { namespace: 'chaos', run, print, apply, delete: remove } as unknown as Kubectl;
  return { asked, it: new Stage(kubectl, { all: pods } as unknown as Pods, system, driver, settings, settings, whole, () => 0) };
}

const named = (name: string): Disruption => DISRUPTIONS.find(disruption => disruption.name === name)!;

async function act(name: string, it: Stage): Promise<{ error?: Error; deaths: Deaths }> {
  const deaths: Deaths = { dead: [] };
  const error = await named(name).steps[0].act(it, deaths).then(() => undefined, reason => reason);
  return { error, deaths };
}

describe('A system', () => {
  const well = { servers: ['script-0', 'script-1'], requests: [{ ok: true, end: 99 }], lastTick: { requests: 15 }, open: () => [] };
  const trouble = (ledger: any, pods?: Pod[]) => {
    const { it } = stage(undefined, undefined, pods);
    Object.assign(it.driver.ledger, well, ledger);
    return it.trouble;
  };

  test('is well when all pods are ready, the registry lists the synchronous ones, no request fails or waits, and no job is old', () => {
    expect(trouble({ requests: [{ ok: false, why: 'long ago', end: 96 }, { ok: true, end: 99 }] })).toBeUndefined();
  });

  test('is not well otherwise', () => {
    expect(trouble({}, [pod('script-0'), pod('script-1')])).toBe('2 pods, not 3; not ready: none');
    const starting = { ...pod('script-2'), status: { phase: 'Pending' } };
    expect(trouble({}, [pod('script-0'), pod('script-1'), starting])).toBe('3 pods, not 3; not ready: script-2');
    expect(trouble({ servers: ['script-1'] })).toBe('the registry has script-1, not script-0,script-1');
    expect(trouble({ requests: [{ ok: false, why: 'UNAVAILABLE', end: 98 }, { ok: true, end: 99 }] })).toBe('requests fail: UNAVAILABLE');
    expect(trouble({ lastTick: { requests: 61 } })).toBe('61 requests in flight');
    expect(trouble({ open: (before: number) => before === 85 ? [{ id: 'job-1' }] : [] })).toBe('1 old jobs, the oldest job-1');
  });

  test('does not count a pod that has failed', () => {
    const evicted = { ...pod('script-7'), status: { phase: 'Failed' } };
    expect(trouble({}, [pod('script-0'), pod('script-1'), pod('script-2'), evicted])).toBeUndefined();
  });
});

/** What a kill says, after which Kubernetes sees no pod that it could wait for. */
function killed(pods: Pod[]): Partial<typeof OUTPUT> {
  pods.splice(0);
  return { stdout: 'killing 7 at 95.5\n' };
}

describe('A kill', () => {
  test('is done when it says so, even if the command ends with the container', async () => {
    const { it } = stage(() => ({ status: 137, stdout: 'killing 7 at 95.5\n' }));
    expect(await act('KILL to registrar', it)).toEqual({ error: undefined, deaths: { dead: [], askedAt: 95.5 } });
  });

  test('is not done when it says nothing, whatever the status; the pod is noted before', async () => {
    for (const answer of [{ status: 0 }, { status: 1, stderr: 'refused' }]) {
      const { error, deaths } = await act('KILL to server', stage(() => answer).it);
      expect(error).toBeInstanceOf(Undone);
      expect(deaths).toEqual({ dead: ['script-0'] });
    }
  });

  test('of the model of a server ends what that server has', async () => {
    const pods = [pod('script-0'), pod('script-1'), pod('script-2')];
    const { it, asked } = stage(() => killed(pods), {}, pods);
    expect(await act('KILL to model', it)).toEqual({ error: undefined, deaths: { dead: ['script-0'], askedAt: 95.5 } });
    expect(asked[0]).toMatch(/^exec script-0 .* kill model\.py KILL$/s);
  });

  test('of a registrar that is started again in its container is not waited for', async () => {
    const looks = jest.spyOn(Stage.prototype, 'pods', 'get');
    const kill = () => {
      looks.mockClear();
      return { stdout: 'killing 7 at 95.5\n' };
    };
    await act('TERM to registrar', stage(kill).it);
    expect(looks).not.toHaveBeenCalled();
    looks.mockRestore();
  });

  test('finds its process, and says so and when before', async () => {
    const script = join(mkdtempSync(join(tmpdir(), 'chaos-')), 'registrar-of-this-test.py');
    writeFileSync(script, 'read line');
    const target = spawn('sh', [script], { argv0: 'python3', stdio: ['pipe', 'ignore', 'ignore'] });
    await once(target, 'spawn');
    let said = '';
    const { it } = stage(args => {
      const command = args.slice(args.indexOf('--') + 1).map(arg => arg === 'register.py' ? 'registrar-of-this-test.py' : arg);
      said = spawnSync(command[0], command.slice(1), { encoding: 'utf8' }).stdout;
      return { stdout: said };
    });
    const ended = once(target, 'exit');
    const begin = Date.now() / 1000;
    const { error, deaths } = await act('KILL to registrar', it);
    expect(error).toBeUndefined();
    expect(said).toMatch(new RegExp(`^killing ${target.pid} at ${String(deaths.askedAt).slice(0, 10)}`));
    expect(deaths.askedAt).toBeGreaterThanOrEqual(begin);
    expect(deaths.askedAt).toBeLessThanOrEqual(Date.now() / 1000);
    expect((await ended)[1]).toBe('SIGKILL');
  });
});

describe('A worker that is killed or deleted', () => {
  const jobs = (...lines: string[]) => lines.map(line => `process=worker event=${line}\n`).join('');

  test('has just begun with a job', async () => {
    const [first, second, third] = [3, 4, 5].map(ordinal => pod(`script-${ordinal}`));
    let looks = 0;
    const { it, asked } = stage(args => {
      switch (args[1]) {
        case 'script-3': return { stdout: jobs('job id="old"') };
        case 'script-4': return { stdout: looks++ < 2 ? jobs('job id="x"', 'job-done id="x"') : jobs('job-done id="x"', 'job id="new" redelivered="False"') };
        default: return { stdout: '' };
      }
    }, {}, [first, second, third]);
    await act('delete an async pod', it);
    expect(asked.filter(line => line.startsWith('delete'))).toEqual(['delete pod script-4 --timeout=120s']);
    expect(looks).toBe(3);
  });

  test('is meant too when its model is killed, of which no request may die', async () => {
    const pods = [pod('script-0'), pod('script-1'), pod('script-2')];
    const said = [jobs('job-done id="x"'), jobs('job id="new"')];
    const { it, asked } = stage(([verb]) => verb === 'exec' ? killed(pods) : { stdout: said.shift() }, {}, pods);
    expect(await act('KILL to model of a worker', it)).toEqual({ error: undefined, deaths: { dead: [], askedAt: 95.5 } });
    expect(asked.filter(line => line.startsWith('exec'))).toEqual([expect.stringMatching(/^exec script-2 .* kill model\.py KILL$/s)]);
  });
});

describe('A demand', () => {
  const pods = [0, 1, 2].map(ordinal => pod(`between-service-${ordinal}`));
  const demand = async (system: System, answer?: Parameters<typeof stage>[0]) => {
    const { it, asked } = stage(answer, {}, pods, system);
    it.settings = { ...it.settings, image: 'ocr:1', etcd: 'etcd:2379', broker: 'amqp://b', requestSeconds: 0.5, loadSeconds: 2 };
    const outcomes = [];
    for (const { act: doing } of named('demand').steps) {
      outcomes.push(await doing(it, { dead: [] }).catch((error: Error) => error), it.settings.sync);
    }
    return { outcomes, asked: asked.map(line => /^exec control .* (\S+ \d)$/s.exec(line)?.[1] ?? line.split(' ')[0]) };
  };

  test('is asked for before pods could start without an answer: up, down and back', async () => {
    const { outcomes, asked } = await demand(BETWEEN);
    expect(outcomes).toEqual([undefined, 3, undefined, 1, undefined, 2]);
    expect(asked).toEqual([3, 1, 2].flatMap(sync => [`/chaos/sync ${sync}`, 'apply', 'annotate', 'rollout']));
  });

  test('is no system\'s broken promise when nobody could ask', async () => {
    const { outcomes: [error] } = await demand(BETWEEN, ([verb]) => ({ status: verb === 'exec' ? 1 : 0 }));
    expect(error).toBeInstanceOf(Undone);
  });

  test('is a change by hand to who does not follow one', async () => {
    expect((await demand(DEPLOYMENTS)).asked).toEqual([3, 1, 2].flatMap(() => ['apply', 'rollout', 'rollout']));
  });
});

describe('A step could not be done, which is nobody\'s broken promise,', () => {
  test.each(['label', 'create'])('when kubectl %s fails in a drain', async verb => {
    expect((await act('drain', stage(([first]) => ({ status: first === verb ? 1 : 0 })).it)).error).toBeInstanceOf(Undone);
  });

  test('when there is no pod to drain, or no synchronous one', async () => {
    expect((await act('drain', stage(undefined, { home: 'far' }).it)).error).toBeInstanceOf(Undone);
    const workers = [pod('script-0', 0, 'home'), pod('script-1', 0, 'home'), pod('script-2')];
    expect((await act('drain', stage(undefined, {}, workers).it)).error).toBeInstanceOf(Undone);
  });

  test('when an image has no digest that it could be pulled by', async () => {
    expect((await act('image', stage().it)).error).toBeInstanceOf(Undone);
  });

  test('when the owner\'s command fails; who was on the node is noted before', async () => {
    const { it } = stage(undefined, { owner: new Owner({ loseNode: 'exit 1', returnNode: 'true' }) });
    const { error, deaths } = await act('node', it);
    expect(error).toBeInstanceOf(Undone);
    expect(deaths).toEqual({ dead: ['script-0', 'script-1'] });
    expect((await act('api', stage(undefined, { owner: new Owner({ apiDown: 'exit 1' }) }).it)).error).toBeInstanceOf(Undone);
  });
});

describe('The other layout', () => {
  const settings = { replicas: 3, sync: 2, image: 'ocr:1', etcd: 'etcd', broker: 'amqp://rabbitmq', requestSeconds: 0.5, loadSeconds: 2 } as Settings;

  test('is up before the one that was there is deleted', async () => {
    const { asked, it } = stage(undefined, undefined, [pod('library-service-0'), pod('two-service-sync-x')], LIBRARY);
    it.settings = settings;
    await named('layout').steps[0].act(it, { dead: [] });
    expect(asked).toEqual([
      'apply',
      'rollout status deployment/two-service-sync --timeout=600s',
      'rollout status deployment/two-service-async --timeout=600s',
      'delete statefulset/library-service --cascade=foreground --timeout=300s',
      'delete objects',
    ]);
    expect(it.pods.map(({ metadata: { name } }) => name)).toEqual(['two-service-sync-x']);
    await named('layout').steps[1].act(it, { dead: [] });
    expect(it.pods.map(({ metadata: { name } }) => name)).toEqual(['library-service-0']);
  });

  test('does not take the place of one that would not come up', async () => {
    const { asked, it } = stage(args => ({ status: args[0] === 'rollout' ? 1 : 0 }), undefined, undefined, LIBRARY);
    it.settings = settings;
    await expect(named('layout').steps[0].act(it, { dead: [] })).rejects.toThrow('kubectl rollout failed');
    expect(asked.filter(command => command.startsWith('delete'))).toEqual([]);
  });
});

test('A rollout that does not end is one, and so is a pod that does not', async () => {
  for (const [name, verb] of [['rolling restart', 'rollout'], ['delete a sync pod', 'delete']]) {
    const { error } = await act(name, stage(([first]) => ({ status: first === verb ? 1 : 0 })).it);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Undone);
  }
});

test('A pod that is deleted has two minutes', async () => {
  const { it, asked } = stage();
  await it.delete(pod('script-0'));
  expect(asked).toEqual(['delete pod script-0 --timeout=120s']);
});

test('Before a drain a synchronous pod is moved to another node than the driver\'s, if there is none', async () => {
  for (const [nodes, expected] of [[['home', 'far'], []], [['home', 'home'], ['label node home chaos/x=', 'delete pod script-1 --timeout=120s', 'steady 120', 'label nodes --all chaos/x-']]]) {
    const { it, asked } = stage(undefined, { home: 'home' }, [pod('script-0', 0, nodes[0]), pod('script-1', 1, nodes[1]), pod('script-2')]);
    it.steady = async seconds => { asked.push(`steady ${seconds}`); return 0; };
    await named('drain').prepare!(it);
    expect(asked).toEqual(expected);
  }
});

describe('Before a kill', () => {
  test('pods that have been restarted twice are replaced, one after another', async () => {
    const { it, asked } = stage(undefined, {}, [pod('script-0', 2), pod('script-1', 1), pod('script-2', 3)]);
    it.steady = async seconds => { asked.push(`steady ${seconds}`); return 0; };
    await rest(it);
    expect(asked).toEqual(['delete pod script-0 --timeout=120s', 'steady 180', 'delete pod script-2 --timeout=120s', 'steady 180']);
  });

  test('that is done', () => {
    const rested = DISRUPTIONS.filter(({ prepare }) => prepare === rest).map(({ name }) => name);
    expect(rested).toEqual(['server', 'registrar', 'worker'].flatMap(each => [`KILL to ${each}`, `TERM to ${each}`]).concat('KILL to model', 'KILL to model of a worker'));
  });
});

test('Of two planned ones at once, no scale down comes with a split up: one worker alone would fall behind', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  const random = seeded(7);
  for (let i = 0; i < 500; i++) {
    const { it } = stage(([verb]) => ({ status: verb === 'rollout' ? 1 : 0 }));
    await named('mixed').steps[0].act(Object.assign(it, { random: () => random() / 1e6 }), { dead: [] }).catch(() => {});
  }
  const drawn = log.mock.calls.map(([said]) => /^  (.*), and after \S+ s (.*)$/.exec(said)!.slice(1));
  log.mockRestore();
  expect(drawn).toHaveLength(500);
  expect(new Set(drawn.flat()).size).toBe(7);
  expect(drawn.filter(([first, second]) => first === second)).toEqual([]);
  expect(drawn.filter(pair => pair.includes('scale down') && pair.includes('split up'))).toEqual([]);
});

test('What needs a second node is left out on one', () => {
  const owner = new Owner({ loseNode: 'true', returnNode: 'true' });
  for (const name of ['drain', 'node']) {
    expect(named(name).leftOut!(stage(undefined, { owner, nodes: 1 }).it)).toBe('it needs a second node');
    expect(named(name).leftOut!(stage(undefined, { owner }).it)).toBeUndefined();
  }
  expect(named('node').leftOut!(stage().it)).toBe('nobody has said how (--lose-node, --return-node)');
  expect(named('api').leftOut!(stage().it)).toBe('nobody has said how (--api-down)');
});

test('What a disruption may cost is said where the docs promise it', () => {
  const all = DISRUPTIONS.flatMap(({ steps }) => steps);
  const most = Object.fromEntries(all.flatMap(step => step.most ? [[step.name, Object.values(step.most).join()]] : []));
  expect(most).toEqual({
    'KILL to registrar': '0,0',
    'TERM to registrar': '0,0',
    'scale up, 5 to 7': '0,0',
    'scale down, 7 to 5': '0,0',
    'split up, 2 to 3': '0,0',
    'split down, 3 to 2': '0,0',
    'demand up, 2 to 3': '0,0',
    'demand down, 3 to 1': '0,0',
    'demand back, 1 to 2': '0,0',
    'etcd down, back empty': '0,0',
    'API server down': '0,0',
  });
  expect(all.filter(({ finishes }) => finishes).map(({ name }) => name)).toEqual(['TERM to server']);
});
