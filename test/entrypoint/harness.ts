import assert from 'node:assert/strict';
import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync, closeSync, existsSync, FSWatcher, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, readSync,
  renameSync, symlinkSync, unlinkSync, watch, writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE } from './machine';
import { find, link, Shell } from '../../util/shells';

/** The script under test, unless another one is given. */
export const SCRIPT = join(__dirname, '../../src/entrypoint.sh');

/** The interpreter itself: what is called python3 may be a script that looks for one. */
export const PYTHON = `${spawnSync('python3', ['-c', 'import sys; print(sys.executable)']).stdout}`.trim();

/** Where lives have their directories: in memory, as a container's run directory is. On a disk that others write to, to remove one can take seconds. */
const ROOM = /^\S+ \/dev\/shm tmpfs (?!\S*noexec)/m.test(read('/proc/mounts')) ? '/dev/shm' : tmpdir();

export const SERVICE = join(__dirname, 'service.sh');
const INIT = join(__dirname, 'init.sh');

/**
 * A process of a role, in the terms of the entrypoint's arguments.
 */
export interface Process {
  readonly name: string;
  readonly command: string[];
  readonly ready?: string[];
  readonly startTimeout?: number;
  readonly stopDelay?: number;
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly restart?: 'never' | 'always';
  readonly early?: 'yes';
  readonly forward?: string[];
}

/** A process that writes down what happens to it; for the words see service.sh. */
export function service(name: string, words: string[] = [], process: Partial<Process> = {}): Process {
  return { name, command: ['/bin/sh', SERVICE, name, ...words], ...process };
}

/** A process of which nothing is left but itself, that ignores TERM, and says its name on stdout when it does. */
export function stubborn(name: string, process: Partial<Process> = {}): Process {
  return { name, command: ['/bin/sh', '-c', 'trap "" TERM; echo "$0"; exec sleep 1000', name], ...process };
}

/** A check that writes down that it was asked, and succeeds when the file exists: by default the one that a service makes with `up=SECONDS`. */
export function check(name: string, file = '', words: string[] = []): string[] {
  return ['/bin/sh', '-c', 'f=${2:-$EVENTS.$1} s=$0 n=$1; shift 2; exec /bin/sh "$s" "$n" asked="$f" "$@"', SERVICE, name, file, ...words];
}

/**
 * One life of the entrypoint.
 */
export interface Life {
  /** Environment's POD_NAME; null leaves it out. */
  readonly pod?: string | null;
  /** The split, as the argument has it. */
  readonly split?: string;
  /** The text of the file SYNC_INSTANCE, if there is one. */
  readonly value?: string;
  readonly settle?: number;
  /** The command that prints the number, for a split `between:MIN/MAX`. */
  readonly demand?: string[];
  /** How often it is run, how long it may take, and how long answers have to be lower, in seconds. */
  readonly demandTiming?: [number, number, number];
  readonly checkTimeout?: number;
  /** Another script, which `prepare` puts beside the entrypoint's. */
  readonly copy?: string;
  /** What both roles share. */
  readonly shared?: Process[];
  readonly sync?: Process[];
  readonly async?: Process[];
  /** All arguments, instead of those made of the above. */
  readonly args?: string[];
  readonly env?: Record<string, string>;
  /** PID 1 of its namespace, or a child of it as in a pod that shares one. */
  readonly pid?: '1' | 'other';
  /** Puts into its directory what is there before it begins. */
  readonly prepare?: (directory: string) => void;
  /** What may be on stderr beside the log: messages of a shell. */
  readonly foreign?: RegExp;
  /** PATH of the entrypoint; `@` is its directory. */
  readonly path?: string;
  /** A program of this machine that is none in its namespace. */
  readonly without?: string;
  /** A command in front of the shell, which becomes it; a word that begins with `@` is a path in its directory. */
  readonly under?: string[];
  /** How many processes it may have; it is then a user of its own, because the kernel counts by user. Only where this machine lets it (see NO_LIMITS). */
  readonly processes?: number;
  readonly script?: string;
  /** Where it may not write its last words. */
  readonly terminationLog?: string;
  /** Seconds after which it is ended by force, and with it the proof. Those in which nobody could look do not count. */
  readonly limit?: number;
}

/** A line of the entrypoint's log: its keys and values. */
export type Line = Record<string, string>;

/** A line of the events file. */
export interface Event {
  readonly at: number;
  readonly name: string;
  readonly what: string;
}

export interface End {
  readonly status: number | null;
  readonly signal: string | null;
}

/** The words of one process, `name=value`, in the order of the script's description. */
function processArguments(process: Process): string[] {
  const counted = (key: string, words?: string[]) => words ? [`${key}=${words.length}`, ...words] : [];
  const plain = (key: string, value?: string | number) => value === undefined ? [] : [`${key}=${value}`];
  return [
    `process=${process.name}`,
    ...plain('start-timeout', process.startTimeout),
    ...plain('stop-delay', process.stopDelay),
    ...plain('stop-signal', process.stopSignal),
    ...plain('stop-timeout', process.stopTimeout),
    ...plain('restart', process.restart),
    ...plain('early', process.early),
    ...plain('forward', process.forward?.join(',')),
    ...counted('ready', process.ready),
    ...counted('command', process.command),
  ];
}

/**
 * For `prepare`: puts something in the place of one of the script's lines, to have a race there every time and not now and then.
 */
export function instead(line: string, by: string): (directory: string) => void {
  return directory => {
    const path = join(directory, 'script/entrypoint.sh');
    const lines = readFileSync(path, 'utf8').split('\n');
    const index = lines.findIndex(each => each.trim() === line);
    assert.ok(index >= 0, `the script has a line ${line}`);
    lines[index] = by;
    writeFileSync(path, lines.join('\n'));
  };
}

/**
 * A running entrypoint, seen from outside: its log, what its processes wrote down, and its end.
 *
 * It lives in a temporary directory that stands for the container's: `run` and `values` are the two mounts, `script` the third.
 */
export class Entrypoint {
  public readonly lines: Line[] = [];
  /** What is on stderr and no line of the log. There must be nothing. */
  public readonly strange: string[] = [];
  public readonly events: Event[] = [];
  public readonly directory = mkdtempSync(join(ROOM, 'entrypoint-'));
  public readonly shellPath: string;
  public stdout = '';
  public stderr = '';
  /** Of the process that runs the script, as this machine counts. */
  public pid = 0;
  public end?: End;
  /** What had to be ended by force. */
  public leftAlive: string[] = [];

  /** Resolved when it is over, however it ends. */
  public readonly over: Promise<void>;

  private readonly child: ChildProcess;
  private readonly watcher: FSWatcher;
  private readonly eventsFile: number;
  private readonly waiting = new Set<() => void>();
  private readonly limit: NodeJS.Timeout;
  private namespace?: string;
  private readonly user = 100_000 + process.pid * 1000 + lives++ % 1000;
  private rest = '';
  private partial = '';
  /** Why it was given up, if it was. */
  public broken?: Error;
  private versions = 0;

  constructor(public readonly shell: Shell, public readonly life: Life) {
    for (const name of ['run', 'values', 'script']) mkdirSync(join(this.directory, name));
    writeFileSync(join(this.directory, 'script/entrypoint.sh'), readFileSync(life.script ?? SCRIPT));
    writeFileSync(join(this.directory, 'events'), '');
    writeFileSync(join(this.directory, 'termination-log'), '');
    if (life.value !== undefined) this.putValue(life.value);
    if (life.processes) for (const name of ['', 'run', 'events', 'termination-log']) chownSync(join(this.directory, name), this.user, this.user);
    life.prepare?.(this.directory);
    this.shellPath = link(shell, join(this.directory, 'sh'));
    this.eventsFile = openSync(join(this.directory, 'events'), 'r');
    this.watcher = watch(join(this.directory, 'events'), () => this.readEvents());

    const command = [
      ...NAMESPACE?.enter ?? [],
      ...life.without ? ['/bin/sh', '-c', `${find('mount')} --bind /dev/null "$0" && exec "$@"`, life.without] : [],
      ...life.processes ? [...this.become(), 'prlimit', `--nproc=${life.processes}`] : [],
      ...life.under?.map(word => word.replace(/^@/, this.directory)) ?? [],
      ...life.pid === 'other' ? ['/bin/sh', INIT] : [],
      this.shellPath, join(this.directory, 'script/entrypoint.sh'), ...this.arguments(),
    ];
    // A group of its own: Ctrl-C is for the one who runs the tests.
    this.child = spawn(find(command[0]) ?? command[0], command.slice(1), { env: this.env(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child.stdout!.on('data', data => {
      this.stdout += data;
      this.wake();
    });
    this.child.stderr!.on('data', data => this.readLog(`${data}`));
    this.child.on('error', error => this.fail(error));
    this.over = new Promise(resolve => this.child.on('close', (status, signal) => {
      this.close({ status, signal });
      resolve();
    }));
    // Counted, because these tests can stand still themselves, on a disk that is busy: what has come meanwhile is not late.
    const seconds = life.limit ?? 30;
    let looks = LOOKS;
    this.limit = setInterval(() => --looks > 0 || this.tooLong(seconds), seconds * 1000 / LOOKS);
  }

  /** The arguments after the script's name. */
  private arguments(): string[] {
    const life = this.life;
    return life.args?.map(argument => argument.replaceAll('@', this.directory)) ?? [
      'run',
      `dir=${this.directory}/run`,
      `split=${life.split ?? 'none'}`,
      ...life.demand ? ['demand-period', 'demand-timeout', 'stabilization-window'].map((key, index) => `${key}=${(life.demandTiming ?? [1, 5, 0])[index]}`) : [],
      ...life.demand ? [`demand=${life.demand.length}`, ...life.demand] : [],
      ...life.split === 'count' || life.demand ? [`values=${this.directory}/values`, `settle=${life.settle ?? 1}`] : [],
      `check-timeout=${life.checkTimeout ?? 5}`,
      `termination-log=${life.terminationLog ?? join(this.directory, 'termination-log')}`,
      ...life.copy ? [`copy=${life.copy}`] : [],
      ...life.shared ? ['role=shared', ...life.shared.flatMap(processArguments)] : [],
      ...life.sync ? ['role=sync', ...life.sync.flatMap(processArguments)] : [],
      ...life.async ? ['role=async', ...life.async.flatMap(processArguments)] : [],
    ];
  }

  private env(): Record<string, string> {
    return {
      PATH: this.life.path?.replaceAll('@', this.directory) ?? process.env.PATH!,
      EVENTS: join(this.directory, 'events'),
      ...this.life.pod === null ? {} : { POD_NAME: this.life.pod ?? 'ocr-0' },
      ...this.life.env,
    };
  }

  // --- Waiting -----------------------------------------------------------------------------------------------------------------------------

  /** Waits until the condition holds; it is asked whenever something has been seen. */
  public async until<T>(what: string, condition: () => T | undefined | false): Promise<T> {
    const begun = uptime();
    for (;;) {
      const value = condition();
      if (value) return value;
      if (this.broken) throw new Error(`waited ${(uptime() - begun).toFixed(1)} s for ${what}: ${this.broken.message}`);
      if (this.end) throw new Error(`waited for ${what}, but it has ended`);
      await new Promise<void>(resolve => this.waiting.add(resolve));
    }
  }

  /** Waits until the condition holds; for what nobody tells of, asked every few milliseconds. */
  public async poll<T>(what: string, condition: () => T | undefined | false): Promise<T> {
    const timer = setInterval(() => this.wake(), 2);
    try {
      return await this.until(what, condition);
    } finally {
      clearInterval(timer);
    }
  }

  /** Waits for a moment, in seconds as events have them. */
  public passed(at: number): Promise<true> {
    return this.poll(`second ${at}`, () => uptime() >= at && true);
  }

  /** Gives it the time in which it would have noticed whatever lies there now. */
  public async looked(): Promise<void> {
    await this.passed(uptime() + 3);
  }

  /** Waits for a line of the log that has these keys and values; the `nth` of them. */
  public line(wanted: Line, nth = 1): Promise<Line> {
    return this.until(`line ${nth} like ${JSON.stringify(wanted)}`, () => this.linesLike(wanted)[nth - 1]);
  }

  public linesLike(wanted: Line): Line[] {
    return this.lines.filter(line => Object.entries(wanted).every(([key, value]) => line[key] === value));
  }

  /** Waits for an event that a process has written down; the `nth` of them. An empty `what` is any. */
  public event(name: string, what: string, nth = 1): Promise<Event> {
    assert.ok(nth > 0, `there is no event ${nth} of ${name}`);
    return this.until(`event ${nth} '${name} ${what}'`, () => this.eventsLike(name, what)[nth - 1]);
  }

  public eventsLike(name: string, what: string): Event[] {
    return this.events.filter(event => event.name === name && (!what || event.what === what || event.what.startsWith(`${what} `)));
  }

  /** Waits for the end of the entrypoint and of everything that holds its output open. */
  public ended(): Promise<End> {
    return this.until('the end', () => this.end);
  }

  /** Waits until a signal sent from outside can no longer be dropped: the kernel shows a handler for each (SigCgt in /proc/PID/status). */
  public async listening(...signals: string[]): Promise<void> {
    await this.begun();
    await this.poll(`a handler for ${signals}`, () => this.listens(signals));
  }

  /** The same, but does nothing else meanwhile, so that nobody is earlier. Gives up after a few seconds. */
  public listeningAtOnce(...signals: string[]): void {
    for (const late = uptime() + 5; uptime() < late && !(this.findPid() && this.listens(signals)););
  }

  private listens(signals: string[]): boolean {
    const mask = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(read(`/proc/${this.pid}/status`))?.[1] ?? '0'}`);
    return signals.every(signal => mask / 2n ** BigInt(NUMBERS[signal] - 1) % 2n === 1n);
  }

  /** Waits until the shell runs the script, or has already ended. */
  public async begun(): Promise<this> {
    await this.poll('a shell that runs the script', () => this.end ?? this.findPid());
    return this;
  }

  /** Finds the process that runs the script, once it does. */
  private findPid(): boolean {
    if (this.pid) return true;
    let pid = this.child.pid;
    if (NAMESPACE) pid = pid && childrenOf(pid)[0];
    if (this.life.pid === 'other') pid = pid && childrenOf(pid)[0];
    // Between fork and exec it is still the program that forked.
    if (!pid || !read(`/proc/${pid}/cmdline`).startsWith(this.shellPath)) return false;
    this.namespace = linkOf(`/proc/${pid}/ns/pid`);
    this.pid = pid;
    return true;
  }

  // --- Acting ------------------------------------------------------------------------------------------------------------------------------

  /** Sends a signal to the entrypoint. */
  public async signal(name: string): Promise<void> {
    await this.listening(name);
    this.kill(this.pid, name);
  }

  /** Sends a signal to a process of the entrypoint, or to the entrypoint, by its pid on this machine; false when there is none. */
  public kill(pid: number, name: string): boolean {
    // Never anything outside its namespace: a pid may have been given to another process by now.
    if (linkOf(`/proc/${pid}/ns/pid`) !== this.namespace) return false;
    try {
      return process.kill(pid, `SIG${name}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }

  /** Changes how many processes it may have, up to those that it had in the beginning. */
  public allow(processes: number): void {
    const [program, ...words] = [...this.become(), 'prlimit', '--pid', `${this.pid}`, `--nproc=${processes}:`];
    assert.equal(spawnSync(program, words).status, 0, 'the limit of processes is set');
  }

  /** The words in front of a command that make it one of its user. */
  private become(): string[] {
    return ['setpriv', '--reuid', `${this.user}`, '--regid', `${this.user}`, '--clear-groups'];
  }

  /** Sends a signal to a process of the entrypoint that has written down its start. */
  public async hit(name: string, signal: string): Promise<void> {
    await this.event(name, 'started');
    // The entrypoint tells of it at its own time.
    await this.line({ event: 'process-start', process: name }, this.eventsLike(name, 'started').length);
    assert.ok(this.kill(this.pidOf(name), signal), `${name} is there to get ${signal}`);
  }

  /** The pid on this machine of the process that was last started under this name. */
  public pidOf(name: string): number {
    const inside = this.linesLike({ event: 'process-start', process: name }).at(-1)?.pid;
    if (!NAMESPACE) return Number(inside);
    const found = this.children().find(pid => /^NSpid:.*\s(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] === inside);
    if (!found) throw new Error(`${name} has no process`);
    return found;
  }

  /** Children of the entrypoint, by their pids on this machine. */
  public children(): number[] {
    return childrenOf(this.pid);
  }

  /** Everything alive in this life: `PID STATE COMMAND`, zombies too. */
  public alive(): string[] {
    const mark = `EVENTS=${this.directory}/events`;
    return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => {
      const ours = NAMESPACE ? this.namespace && linkOf(`/proc/${pid}/ns/pid`) === this.namespace : read(`/proc/${pid}/environ`).includes(mark);
      const state = /\) (\w)/.exec(read(`/proc/${pid}/stat`))?.[1];
      return ours && state ? [`${pid} ${state} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`] : [];
    });
  }

  /** A new value, as the kubelet brings one: a new directory, put in place by one rename. Undefined takes the key away. */
  public putValue(text?: string): void {
    const values = join(this.directory, 'values');
    const version = `..version-${++this.versions}`;
    mkdirSync(join(values, version));
    if (text !== undefined) writeFileSync(join(values, version, 'SYNC_INSTANCE'), text);
    symlinkSync(version, join(values, '..new'));
    renameSync(join(values, '..new'), join(values, '..data'));
    if (text !== undefined && !existsSync(join(values, 'SYNC_INSTANCE'))) symlinkSync('..data/SYNC_INSTANCE', join(values, 'SYNC_INSTANCE'));
    if (text === undefined) unlinkSync(join(values, 'SYNC_INSTANCE'));
  }

  /** The state file, as fields. */
  public state(): { pid: string; since: string; role: string; phase: string; until: number } | undefined {
    const [pid, since, role, phase, until] = read(join(this.directory, 'run/state')).trim().split(' ');
    return until === undefined ? undefined : { pid, since, role, phase, until: Number(until) };
  }

  public terminationLog(): string {
    return read(join(this.directory, 'termination-log'));
  }

  /** Runs a program as `kubectl exec` does: beside the entrypoint, not under it. */
  public exec(command: string[]): Run {
    const all = [...NAMESPACE?.join(this.pid) ?? [], ...command];
    return new Run(this, command, spawn(find(all[0]) ?? all[0], all.slice(1), { env: this.env(), stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Runs a probe as the kubelet does. What is shared comes first among the roles. */
  public probe(mode: 'ready' | 'alive', roles: Record<string, string[][]> = { sync: [], async: [] }, checkTimeout = 5): Run {
    const checks = Object.entries(roles).flatMap(([role, all]) => [`role=${role}`, ...all.flatMap(words => [`check=${words.length}`, ...words])]);
    const script = join(this.directory, 'run/entrypoint.sh');
    const fixed = this.life.split?.startsWith('fixed:') ? [`split=${this.life.split}`] : [];
    const args = [mode, `dir=${this.directory}/run`, `check-timeout=${checkTimeout}`, ...fixed, ...checks];
    return this.exec(mode === 'ready' ? [this.shellPath, script, ...args]
      : [this.shellPath, '-c', '[ ! -e "$0" ] || exec "$SH" "$0" "$@"'.replace('$SH', this.shellPath), script, ...args]);
  }

  /** Ends it by force if it is still there. The directory goes, unless it is to be kept. */
  public async dispose(keep = false): Promise<void> {
    this.force();
    await this.over;
    this.watcher.close();
    closeSync(this.eventsFile);
    if (keep) writeFileSync(join(this.directory, 'log'), this.stderr);
    // Not at once: with hundreds of them nobody else would be looked after for half a minute.
    else await rm(this.directory, { recursive: true, force: true });
  }

  /** What happened, for the reader of a failure. */
  public story(): string {
    return [
      `shell ${this.shell.name}, directory ${this.directory}`,
      ...this.stderr.split('\n'),
      ...this.events.map(event => `  ${event.at.toFixed(2)} ${event.name} ${event.what}`),
      this.end ? `end: status ${this.end.status}, signal ${this.end.signal}` : 'not ended',
      ...this.leftAlive.length > 0 ? ['ended by force:', ...this.leftAlive] : [],
    ].join('\n');
  }

  // --- Seeing ------------------------------------------------------------------------------------------------------------------------------

  private readLog(data: string): void {
    this.stderr += data;
    const lines = (this.rest + data).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (LOG_LINE.test(line)) this.lines.push(Object.fromEntries([...line.matchAll(PAIR)].map(([, key, quoted, bare]) => [key, quoted ?? bare])));
      else if (!this.life.foreign?.test(line)) this.strange.push(line);
    }
    this.wake();
  }

  private readEvents(): void {
    const buffer = Buffer.alloc(65536);
    for (;;) {
      const count = readSync(this.eventsFile, buffer);
      this.partial += buffer.toString('utf8', 0, count);
      if (count < buffer.length) break;
    }
    const lines = this.partial.split('\n');
    this.partial = lines.pop()!;
    for (const line of lines) {
      const [at, name, ...what] = line.split(' ');
      this.events.push({ at: Number(at), name, what: what.join(' ') });
    }
    this.wake();
  }

  private close(end: End): void {
    clearInterval(this.limit);
    this.readEvents();
    this.end = end;
    this.wake();
  }

  /** Nothing more is to be waited for. */
  public fail(error: Error): void {
    this.broken = error;
    this.wake();
  }

  private tooLong(seconds: number): void {
    this.leftAlive = this.alive();
    this.giveUp(`not ended within its limit of ${seconds} s; alive were:\n${this.leftAlive.join('\n')}`);
  }

  /** Ends it by force, and with it whatever waits for something of it. */
  public giveUp(reason: string): void {
    this.fail(new Error(reason));
    this.force();
  }

  /** Ends PID 1, and with it the whole namespace. */
  private force(): void {
    if (this.end) return;
    // Halted first, because it could be about to fork.
    this.child.kill('SIGSTOP');
    if (NAMESPACE) childrenOf(this.child.pid!).forEach(pid => process.kill(pid, 'SIGKILL'));
    else this.alive().forEach(line => this.kill(Number(line.split(' ')[0]), 'SIGKILL'));
    this.child.kill('SIGKILL');
  }

  /** Whoever waits for something looks again. */
  public wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    waiting.forEach(resolve => resolve());
  }
}

/**
 * A program that runs beside the entrypoint.
 */
export class Run {
  public output = '';
  private end?: End & { readonly output: string; readonly seconds: number };

  constructor(private readonly life: Entrypoint, private readonly command: string[], child: ChildProcess) {
    const begun = process.hrtime.bigint();
    child.stdout!.on('data', data => this.output += data);
    child.stderr!.on('data', data => this.output += data);
    child.on('error', error => life.fail(error));
    // Not before everyone has closed the output: that is what a container runtime waits for.
    child.on('close', (status, signal) => {
      this.end = { status, signal, output: this.output, seconds: Number(process.hrtime.bigint() - begun) / 1e9 };
      life.wake();
    });
  }

  /** Waits for its end, as long as the entrypoint lives. */
  public get ended(): Promise<NonNullable<typeof this.end>> {
    return this.life.until(`the end of ${this.command.join(' ')}`, () => this.end);
  }
}

const LOG_LINE = /^logger=sync-async t=\d+\.\d\d event=[a-z-]+( [a-z_]+=("[^"]*"|[^" =]*))*$/;
const PAIR = /([a-z_]+)=(?:"([^"]*)"|([^" ]*))/g;

const NUMBERS: Record<string, number> = {
  HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, USR2: 12, PIPE: 13, TERM: 15, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, WINCH: 28,
};

let lives = 0;

/** How often it is looked whether a life is over its limit, in that time. */
const LOOKS = 30;

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** The time as events have it, in seconds. */
export function uptime(): number {
  return Number(read('/proc/uptime').split(' ')[0]);
}

/** A file's text; nothing when it cannot be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
