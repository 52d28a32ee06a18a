import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiServer, CERTIFICATE } from './api-server';
import { find, Shell } from '../../util/shells';
import { Life, Process, PYTHON, service } from '../entrypoint/harness';

const PROGRAM = join(__dirname, '../../src/role-label.sh');

/** What it can ask by. */
export const TOOLS = ['curl', 'python3'] as const;
export type Tool = typeof TOOLS[number];

/**
 * A pod that keeps its label, as the library makes one: the program last in the synchronous role, first in the asynchronous one, and a part of readiness in both.
 */
export interface Pod {
  readonly api: ApiServer;
  readonly tool: Tool | undefined;
  readonly stopDelay?: number;
  readonly giveUp?: number;
  readonly sync?: Process[];
  readonly async?: Process[];
}

/** The words that run the program, under the shell that the entrypoint runs under. */
function words(shell: Shell, action: string, ...settings: string[]): string[] {
  return ['/bin/sh', '-c', `d=\${EVENTS%/events} a=$0; exec "$d/sh/${shell.calledAs}" "$d/run/role-label.sh" "$a" dir="$d/run" api="$d/api" "$@"`, action, ...settings];
}

/** What a probe for readiness asks of either role. */
export function readiness(shell: Shell): Record<string, string[][]> {
  return { sync: [words(shell, 'right')], async: [words(shell, 'right')] };
}

/** A life of the entrypoint in such a pod. */
export function labelled(shell: Shell, { api, tool, stopDelay = 1, giveUp = 3, sync, async }: Pod, life: Life = {}): Life {
  const process: Process = {
    name: 'role-label',
    command: words(shell, 'keep', 'request-timeout=5', `stop-delay=${stopDelay}`, `give-up=${giveUp}`),
    stopTimeout: stopDelay + giveUp + 10,
  };
  return {
    copy: 'role-label.sh',
    sync: [...sync ?? [service('server')], { ...process, early: 'yes' }],
    async: [{ ...process, ready: words(shell, 'begun') }, ...async ?? [service('worker')]],
    path: '@/bin',
    ...life,
    env: { KUBERNETES_SERVICE_HOST: api.host, KUBERNETES_SERVICE_PORT: `${api.port}`, ...life.env },
    prepare: directory => {
      mkdirSync(join(directory, 'bin'));
      for (const name of ['sleep', 'cat', 'mv']) symlinkSync(find(name)!, join(directory, 'bin', name));
      if (tool) symlinkSync(tool === 'curl' ? find('curl')! : PYTHON, join(directory, 'bin', tool));
      copyFileSync(PROGRAM, join(directory, 'script/role-label.sh'));
      mkdirSync(join(directory, 'api'));
      writeFileSync(join(directory, 'api/ca.crt'), CERTIFICATE!.cert);
      for (const [name, text] of Object.entries({ token: 'first', namespace: 'vision', uid: 'a-b-c' })) writeFileSync(join(directory, 'api', name), text);
      life.prepare?.(directory);
    },
  };
}

/** Tools of this machine, and of those that are missing, why nothing is proved by them. */
export const HAS: Record<Tool, boolean> = {
  curl: find('curl') !== undefined,
  python3: spawnSync(PYTHON || 'python3', ['-c', 'import ssl']).status === 0,
};
