import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leave } from '../../chaos/leave';
import { usable } from '../../chaos/nodes';
import { Commands, Owner } from '../../chaos/owner';

describe('The owner\'s commands', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'owner-')), 'log');
  const said = () => readFileSync(file, 'utf8').trim().split('\n');
  const owner = (commands: Commands = {}) => {
    writeFileSync(file, '');
    return new Owner({ loseNode: `echo lose {node} {node} >>${file}`, returnNode: `echo return {node} >>${file}`, ...commands });
  };

  test('get the name of the node wherever it stands, as it is', async () => {
    const it = owner();
    await it.loseNode('\'a$&b\'');
    expect(said()).toEqual(['lose a$&b a$&b']);
  });

  test('bring a lost node back once, and only that', async () => {
    const it = owner();
    await it.returnNodes();
    await it.loseNode('a');
    await it.returnNodes();
    await it.returnNodes();
    expect(said()).toEqual(['lose a a', 'return a']);
  });

  test('bring a node back whose loss has failed, or is still under way', async () => {
    const failing = owner({ loseNode: 'exit 3' });
    await expect(failing.loseNode('a')).rejects.toThrow('exit 3 ended with status 3');
    await failing.returnNodes();
    expect(said()).toEqual(['return a']);

    const slow = owner({ loseNode: `sleep 0.3; echo lose >>${file}` });
    void slow.loseNode('a');
    await slow.returnNodes();
    expect(said()).toEqual(['lose', 'return a']);
  });
});

describe('At the end', () => {
  /** A kubectl that fails so many times, and what was asked of it. */
  function kubectl(failures: number) {
    const asked: string[] = [];
    const print = async ([verb]: string[]) => {
      asked.push(verb);
      if (failures-- > 0) {
        throw new Error('refused');
      }
      return '';
    };
    return { asked, namespace: 'chaos-1', print };
  }

  test('a lost node comes back first, then the label and the namespace go', async () => {
    const { asked, ...it } = kubectl(0);
    const owner = { returnNodes: async () => { asked.push('return'); } } as unknown as Owner;
    expect(await leave(it, owner, 'chaos/x')).toEqual([]);
    expect(asked).toEqual(['return', 'label', 'delete']);
  });

  test('an API server that is away is waited for, and so is a node that does not come back at once', async () => {
    const { asked, ...it } = kubectl(1);
    let failures = 1;
    const owner = {
      returnNodes: async () => {
        asked.push('return');
        if (failures-- > 0) {
          throw new Error('no');
        }
      },
    } as unknown as Owner;
    expect(await leave(it, owner, 'chaos/x')).toEqual([]);
    expect(asked).toEqual(['return', 'return', 'label', 'label', 'delete']);
  });

  test('what stays is told', async () => {
    const owner = { returnNodes: () => Promise.reject(new Error('no')) } as unknown as Owner;
    expect(await leave(kubectl(2), owner, 'chaos/x', 0)).toEqual([
      'a node may still be away: no',
      'label chaos/x of a node may be left behind: refused',
      'namespace chaos-1 may be left behind: refused',
    ]);
  });
});

test('Nodes are used that are ready, open, and repel nobody', () => {
  const node = (name: string, spec: any = {}, ready: string = 'True', os: string = 'linux') => (
    { metadata: { name, labels: { 'kubernetes.io/os': os } }, spec, status: { conditions: [{ type: 'Ready', status: ready }] } }
  );
  const all = [
    node('good'), node('hesitant', { taints: [{ effect: 'PreferNoSchedule' }] }),
    node('closed', { unschedulable: true }), node('away', {}, 'Unknown'), node('master', { taints: [{ effect: 'NoSchedule' }] }),
    node('other', {}, 'True', 'windows'),
    node('emptied', { taints: [{ effect: 'PreferNoSchedule' }, { effect: 'NoExecute' }] }),
  ];
  expect(usable(all).map(({ metadata: { name } }) => name)).toEqual(['good', 'hesitant']);
});
