import { Known, oneOf, onlyKnown, wholeNumber } from './private/checks';

/**
 * Days of the week.
 */
export enum Weekday {
  MONDAY = 'monday',
  TUESDAY = 'tuesday',
  WEDNESDAY = 'wednesday',
  THURSDAY = 'thursday',
  FRIDAY = 'friday',
  SATURDAY = 'saturday',
  SUNDAY = 'sunday',
}

/**
 * A time of day with a number of synchronous pods.
 *
 * Refused: props that have a value and are none of these.
 */
export interface ScheduleWindow {
  /**
   * When it begins, as `HH:MM` from `00:00` to `23:59`.
   */
  readonly from: string;

  /**
   * When it is over, as `HH:MM` from `00:01` to `24:00`. Before `from` it is a time of the next day.
   *
   * Refused: the time in `from`.
   */
  readonly to: string;

  /**
   * Number of synchronous pods in this time.
   *
   * Refused: what is no whole number from 0 to 999999.
   */
  readonly sync: number;

  /**
   * The days on which it begins.
   *
   * Refused: an empty list.
   *
   * @default - every day.
   */
  readonly days?: Weekday[];
}

/**
 * Options for `Split.schedule`.
 */
export interface SplitScheduleOptions {
  /**
   * Number of synchronous pods at all other times.
   *
   * Refused: what is no whole number from 0 to 999999, and a number that is that of every window: nothing would ever move.
   */
  readonly otherwise: number;

  /**
   * Time zone of the windows, by its name in the IANA database. The image has to have the data of it, in /usr/share/zoneinfo (the package tzdata); where it has not, the
   * container ends with status 64.
   *
   * Refused: a name that is not in the database.
   *
   * @see https://www.iana.org/time-zones
   * @default UTC
   */
  readonly timeZone?: string;
}

/**
 * Prints the number that the clock asks for. Without its data a time zone would silently be UTC. No `$(...)`, which the kubelet would look into.
 */
const SCRIPT = `
zone=$1 number=$2
shift 2
if [ "$zone" = UTC ]; then zone=UTC0; elif [ ! -e "/usr/share/zoneinfo/$zone" ]; then
  echo "there is no /usr/share/zoneinfo/$zone in this image: install tzdata" >&2
  exit 64
fi
TZ=$zone date '+%u %H%M' | {
  read -r today time || exit
  while [ $# -gt 0 ]; do # FROM TO NUMBER DAYS, and the days after those
    case $4 in *"$today"*) on=yes ;; *) on='' ;; esac
    case $5 in *"$today"*) after=yes ;; *) after='' ;; esac
    if [ "$1" -lt "$2" ]; then
      [ -z "$on" ] || [ "$time" -lt "$1" ] || [ "$time" -ge "$2" ] || break
    else
      [ -z "$on" ] || [ "$time" -lt "$1" ] || break
      [ -z "$after" ] || [ "$time" -ge "$2" ] || break
    fi
    shift 5
  done
  echo "\${3:-$number}"
}`.trim();

/**
 * The command that prints the number of a schedule.
 *
 * @internal
 */
export function scheduleCommand(windows: ScheduleWindow[], options: SplitScheduleOptions): string[] {
  if (!Array.isArray(windows) || windows.length === 0) {
    throw new Error(`'windows' (${JSON.stringify(windows)}) must have at least one window in order for the number to change.`);
  }
  wholeNumber('otherwise', options?.otherwise, 0, 999999, 'to count synchronous pods');
  const words = windows.flatMap((window, i) => windowWords(`windows[${i}]`, window));
  return ['sh', '-c', SCRIPT, 'schedule', toTimeZone(options.timeZone ?? 'UTC'), String(options.otherwise), ...words];
}

const PROPS: Known<ScheduleWindow> = { from: true, to: true, sync: true, days: true };

function windowWords(prop: string, window: ScheduleWindow): string[] {
  onlyKnown(prop, window, PROPS);
  const { from, to, sync, days } = window;
  const [begin, end] = [toTime(`${prop}.from`, from, /^([01]\d|2[0-3]):[0-5]\d$/), toTime(`${prop}.to`, to, /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/)];
  if (begin === end) {
    throw new Error(`'${prop}.to' (${to}) must be another time than 'from' in order to be over at some time; a whole day is from 00:00 to 24:00.`);
  }
  wholeNumber(`${prop}.sync`, sync, 0, 999999, 'to count synchronous pods');
  const all = Object.values(Weekday);
  const on = days ?? all;
  if (on.length === 0) {
    throw new Error(`'${prop}.days' ([]) must have at least one day in order for the window to begin; leave it out for every day.`);
  }
  on.forEach(day => oneOf(`${prop}.days`, day, Weekday, 'to be a day of the week'));
  const numbers = all.flatMap((day, i) => on.includes(day) ? [i + 1] : []); // as `date +%u` has them
  return [begin, end, String(sync), numbers.join(''), numbers.map(day => day % 7 + 1).join('')];
}

function toTime(prop: string, time: string, form: RegExp): string {
  if (typeof time !== 'string' || !form.test(time)) {
    throw new Error(`'${prop}' (${time}) must be a time of day as HH:MM, such as 08:00, in order to be compared with the clock.`);
  }
  return time.replace(':', '');
}

function toTimeZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new Error(`'timeZone' (${zone}) must be a name of the IANA time zone database, such as Asia/Shanghai, in order for the times to mean something.`);
  }
  return zone;
}
