import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SCRIPT } from './harness';

/** What was run, by line and by function; what is outside of functions has the name ''. And how long that took. */
export interface Coverage {
  readonly lines: ReadonlySet<number>;
  readonly functions: ReadonlySet<string>;
  readonly seconds: number;
}

/**
 * Runs something with a script that writes down where each command is. Only a bash can tell that through a descriptor of its own, where no message of a process
 * can come between; undefined when it failed like that, and nothing is known of it.
 */
export async function cover(run: (script: string) => Promise<void>): Promise<Coverage | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'coverage-'));
  chmodSync(directory, 0o711); // some lives are those of another user
  const pipe = join(directory, 'pipe'); // and some may write files of one size only
  execFileSync('mkfifo', ['--mode=666', pipe]);
  const end = openSync(pipe, 'r+'); // for as long as there may be another life
  const begun = Date.now();
  const trace = text(spawn('cat', [pipe]).stdout.setEncoding('latin1'));
  try {
    const [, ...lines] = readFileSync(SCRIPT, 'utf8').split('\n');
    // In the place of the first line, so that the others keep their numbers.
    const header = `exec {_trace}>>${pipe}; BASH_XTRACEFD=$_trace PS4='+$LINENO \${FUNCNAME-} '; set -x`;
    writeFileSync(join(directory, 'script.sh'), [header, ...lines].join('\n'));
    await run(join(directory, 'script.sh'));
    closeSync(end);
    const seen = [...(await trace).matchAll(/^\++(\d+) (\w*) /gm)];
    return {
      lines: new Set(seen.map(([, line]) => Number(line))),
      functions: new Set(seen.map(([, , name]) => name)),
      seconds: (Date.now() - begun) / 1000,
    };
  } catch {
    closeSync(end);
    return undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The function that each line is in; '' outside of them. */
function functionsOf(script: readonly string[]): string[] {
  let name = '';
  return script.map(line => {
    const [, begins, ends] = /^(\w+)\(\) \{(.*\})?/.exec(line) ?? [];
    const here = begins ?? name;
    if (begins) name = ends ? '' : begins;
    else if (line.startsWith('}')) name = '';
    return here;
  });
}

const indentation = (line: string) => line.search(/\S/);

/**
 * Which of them can notice a change of the line: those that run it, or what decides whether it is run: the line before it, and the `case` of a pattern.
 * Where nothing ever ran any of these, as what is only for other shells, it is those that run the line's function.
 */
export function whoRuns(line: number, all: readonly Coverage[]): Coverage[] {
  const script = readFileSync(SCRIPT, 'utf8').split('\n');
  const index = line - 1;
  let begin = index - 1;
  while (begin >= 0 && (script[begin].trim() === '' || indentation(script[begin]) >= indentation(script[index]))) begin--;
  const deciding = [line, line - 1, .../^\s*case .* in$/.test(script[begin] ?? '') ? [begin + 1] : []];
  const found = all.filter(({ lines }) => deciding.some(each => lines.has(each)));
  if (found.length > 0) return found;
  const name = functionsOf(script)[index];
  return all.filter(({ functions }) => functions.has(name));
}
