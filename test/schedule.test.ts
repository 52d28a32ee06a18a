import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScheduleWindow, Split, SplitScheduleOptions, Weekday } from 'cdk8s-sync-async';
import { scheduleCommand } from '../src/schedule';
import { FOUND, link, Shell } from '../util/shells';

const DAY: ScheduleWindow = { from: '08:00', to: '20:00', sync: 6 };
const NIGHT: ScheduleWindow = { from: '22:30', to: '05:00', sync: 1 };

describe('the number of a schedule', () => {
  const run = (shell: Shell, command: string[], env: NodeJS.ProcessEnv, clock = '') => {
    const directory = mkdtempSync(join(tmpdir(), 'schedule-'));
    try {
      const [, option, script, ...words] = command;
      const { stdout, stderr, status } = spawnSync(link(shell, directory), [option, clock + script, ...words], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      return [status, stdout, stderr];
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  // A function, because a busybox prefers its own program to that of PATH. It shows the time only in the zone that it is meant for.
  const CLOCK = 'date() { [ "$TZ" = UTC0 ] && [ "$1" = "+%u %H%M" ] && echo "$NOW"; }\n';

  const cases: [string, string, ScheduleWindow[], string][] = [
    ['before a window', '1 0759', [DAY], '2'],
    ['when it begins', '1 0800', [DAY], '6'],
    ['in its last minute', '1 1959', [DAY], '6'],
    ['when it is over', '1 2000', [DAY], '2'],
    ['before midnight, in a window over midnight', '3 2230', [NIGHT], '1'],
    ['after midnight, in a window over midnight', '4 0459', [NIGHT], '1'],
    ['after a window over midnight', '4 0500', [NIGHT], '2'],
    ['at midnight, in a window of a whole day', '7 0000', [{ from: '00:00', to: '24:00', sync: 3 }], '3'],
    ['at the end of a whole day', '7 2359', [{ from: '00:00', to: '24:00', sync: 3 }], '3'],
    ['in the first of two windows', '2 0930', [{ ...DAY, to: '10:00', sync: 4 }, DAY], '4'],
    ['in the second of two windows', '2 1030', [{ ...DAY, to: '10:00', sync: 4 }, DAY], '6'],
    ['on its day', '5 0900', [{ ...DAY, days: [Weekday.FRIDAY] }], '6'],
    ['on another day', '6 0900', [{ ...DAY, days: [Weekday.FRIDAY] }], '2'],
    ['in the night after its day', '1 0100', [{ ...NIGHT, days: [Weekday.SUNDAY] }], '1'],
    ['in the night before its day', '7 0100', [{ ...NIGHT, days: [Weekday.SUNDAY] }], '2'],
  ];

  describe.each(FOUND)('under $name', shell => {
    test.each(cases)('%s', (_, now, windows, number) => {
      expect(run(shell, scheduleCommand(windows, { otherwise: 2 }), { NOW: now }, CLOCK)).toEqual([0, `${number}\n`, '']);
    });

    test('is one by the clock of this machine', () => {
      const windows = [{ from: '00:00', to: '24:00', sync: 5 }];
      expect(run(shell, scheduleCommand(windows, { otherwise: 2 }), process.env)).toEqual([0, '5\n', '']);
    });

    test('is none when the image has no data for the time zone, nor is it that of UTC', () => {
      const command = scheduleCommand([DAY], { otherwise: 2, timeZone: 'Asia/Shanghai' }).map(word => word.replace('Asia/Shanghai', 'Nowhere/Land'));
      expect(run(shell, command, process.env)).toEqual([64, '', 'there is no /usr/share/zoneinfo/Nowhere/Land in this image: install tzdata\n']);
    });

    test('is none when there is no clock', () => {
      const [status, stdout] = run(shell, scheduleCommand([DAY], { otherwise: 2 }), {}, 'date() { return 127; }\n');
      expect(stdout).toBe('');
      expect(status).not.toBe(0);
    });
  });

  test('leaves nothing for the kubelet to replace', () => {
    expect(scheduleCommand([DAY, NIGHT], { otherwise: 2 }).join(' ')).not.toContain('$(');
  });
});

test('a schedule is a split between its lowest and its highest number, whose answers are followed at once', () => {
  const split = Split.schedule([DAY, { ...NIGHT, sync: 0 }], { otherwise: 2, timeZone: 'Asia/Shanghai' });

  expect(split._arguments.slice(0, 4)).toEqual(['split=between:0/6', 'demand-period=15', 'demand-timeout=10', 'stabilization-window=0']);
  expect(split._demand.slice(-12)).toEqual(['Asia/Shanghai', '2', '0800', '2000', '6', '1234567', '2345671', '2230', '0500', '0', '1234567', '2345671']);
});

describe('refused is', () => {
  test.each<[string, ScheduleWindow[], SplitScheduleOptions, string]>([
    ['no window', [], { otherwise: 2 }, '\'windows\' ([]) must have at least one window in order for the number to change.'],
    ['no number', [DAY], {} as any, '\'otherwise\' (undefined) must be a whole number from 0 to 999999 in order to count synchronous pods.'],
    ['a window without a number', [{ from: '08:00', to: '09:00' } as any], { otherwise: 2 }, '\'windows[0].sync\' (undefined) must be a whole number from 0 to 999999 in order to count synchronous pods.'],
    ['a prop that has no meaning', [{ ...DAY, from_: '08:00' } as any], { otherwise: 2 }, '\'windows[0].from_\' (08:00) must be one of from, to, sync, days in order to be heard.'],
    ['no time', [DAY, { ...DAY, from: '8:00' }], { otherwise: 2 }, '\'windows[1].from\' (8:00) must be a time of day as HH:MM, such as 08:00, in order to be compared with the clock.'],
    ['a beginning at the end of the day', [{ ...DAY, from: '24:00' }], { otherwise: 2 }, '\'windows[0].from\' (24:00) must be a time of day as HH:MM, such as 08:00, in order to be compared with the clock.'],
    ['a time after the day', [{ ...DAY, to: '24:01' }], { otherwise: 2 }, '\'windows[0].to\' (24:01) must be a time of day as HH:MM, such as 08:00, in order to be compared with the clock.'],
    ['a window that is over when it begins', [{ ...DAY, to: '08:00' }], { otherwise: 2 },
      '\'windows[0].to\' (08:00) must be another time than \'from\' in order to be over at some time; a whole day is from 00:00 to 24:00.'],
    ['a window on no day', [{ ...DAY, days: [] }], { otherwise: 2 }, '\'windows[0].days\' ([]) must have at least one day in order for the window to begin; leave it out for every day.'],
    ['no day', [{ ...DAY, days: ['caturday' as Weekday] }], { otherwise: 2 },
      '\'windows[0].days\' (caturday) must be one of monday, tuesday, wednesday, thursday, friday, saturday, sunday in order to be a day of the week.'],
    ['no time zone', [DAY], { otherwise: 2, timeZone: 'Atlantis' },
      '\'timeZone\' (Atlantis) must be a name of the IANA time zone database, such as Asia/Shanghai, in order for the times to mean something.'],
    ['a number that never changes', [DAY], { otherwise: 6 }, '\'otherwise\' (6) must be another number than that of some window in order for the number to change; use Split.count(6).'],
  ])('%s', (_, windows, options, message) => {
    expect(() => Split.schedule(windows, options)).toThrow(new Error(message));
  });
});
