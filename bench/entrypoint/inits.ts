import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { find, link, SHELLS } from '../../util/shells';

const SCRIPT = join(__dirname, '../../src/entrypoint.sh');

/**
 * What may be process 1 of a container.
 */
export interface Init {
  readonly name: string;
  /** The program; undefined when this machine lacks it. */
  readonly program?: string;
  /** How many services it supervises. */
  readonly services: number;
  /** Lays out what it needs in a directory, and says how to run it with these services. */
  command(directory: string, services: Service[]): string[];
}

export interface Service {
  readonly name: string;
  readonly command: string[];
}

/** An init that runs one program, and forwards signals to it. */
function single(name: string, ...options: string[]): Init {
  return { name, program: find(name), services: 1, command: (_, [service]) => [name, ...options, ...service.command] };
}

function library(shellName: string, services: number, options: { split?: 'none' | 'count'; script?: string } = {}): Init {
  const shell = SHELLS.find(each => each.name === shellName)!;
  const { split = 'none', script = SCRIPT } = options;
  const about = [shellName, ...services === 1 ? [] : [`${services} processes`], ...split === 'count' ? ['a watched split'] : []];
  return {
    name: `${options.script ?? 'this library'} (${about.join(', ')})`,
    program: shell.program,
    services,
    command: (directory, all) => {
      for (const name of ['run', 'values', 'script']) mkdirSync(join(directory, name));
      copyFileSync(script, join(directory, 'script/entrypoint.sh'));
      writeFileSync(join(directory, 'values/SYNC_INSTANCE'), '1');
      return [
        link(shell, join(directory, 'sh')), join(directory, 'script/entrypoint.sh'),
        'run', `dir=${directory}/run`, `split=${split}`, `values=${directory}/values`, 'settle=10', 'check-timeout=5', `termination-log=${directory}/last-words`,
        'role=sync', ...all.flatMap(service => [`process=${service.name}`, `command=${service.command.length}`, ...service.command]),
      ];
    },
  };
}

const S6: Init = {
  name: 's6-svscan (2 services)',
  program: find('s6-svscan'),
  services: 2,
  command: (directory, services) => {
    for (const service of services) {
      const run = join(directory, 'services', service.name, 'run');
      mkdirSync(join(run, '..'), { recursive: true });
      writeFileSync(run, `#!/bin/sh\nexec ${service.command.join(' ')}\n`);
      chmodSync(run, 0o755);
    }
    return ['s6-svscan', join(directory, 'services')];
  },
};

const SUPERVISORD: Init = {
  name: 'supervisord (2 programs)',
  program: find('supervisord'),
  services: 2,
  command: (directory, services) => {
    const programs = services.map((service, i) => [
      `[program:${service.name}]`, `command=${service.command.join(' ')}`, `priority=${i + 1}`, 'startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE',
    ]);
    const config = [
      ['[supervisord]', 'nodaemon=true', 'user=root', 'logfile=/dev/null', 'logfile_maxbytes=0', `pidfile=${directory}/pid`, `childlogdir=${directory}`],
      ...programs,
    ];
    writeFileSync(join(directory, 'supervisord.conf'), config.map(lines => `${lines.join('\n')}\n`).join('\n'));
    return ['supervisord', '--configuration', join(directory, 'supervisord.conf')];
  },
};

/** The one that has goals to reach, and the one that does the same: several processes, stopped in order. */
export const OURS = library('dash', 2);
export const PEER = SUPERVISORD;

/** All of them, and those of another script if one is given. */
export function inits(script?: string): Init[] {
  return [
    library('dash', 1),
    single('tini', '--'),
    single('dumb-init'),
    single('catatonit', '--'),
    OURS,
    library('busybox-ash', 2),
    library('bash', 2),
    library('dash', 2, { split: 'count' }),
    ...script === undefined ? [] : [library('dash', 2, { script }), library('busybox-ash', 2, { script }), library('bash', 2, { script })],
    S6,
    SUPERVISORD,
  ];
}

/** Debian packages that the inits and shells came from; nothing on another system. */
export const PACKAGES = ['dash', 'busybox', 'busybox-static', 'bash', 'tini', 'dumb-init', 'catatonit', 's6', 'supervisor'];
