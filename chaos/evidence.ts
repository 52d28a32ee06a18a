import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from './stage';

/**
 * Saves what the pods of a system have said and what Kubernetes has done to them. Both are gone with the namespace.
 */
export async function keepEvidence({ kubectl, pods, system }: Stage, folder: string, what: string): Promise<void> {
  const name = `${system.name}-${what.replace(/\W+/g, '-')}-${Date.now()}`;
  const logs = pods.flatMap(({ metadata }) => [[], ['--previous']].map(previous => ['logs', metadata.name, '--all-containers', '--timestamps', '--prefix', ...previous]));
  for (const [kind, commands] of Object.entries({ logs, events: [['get', 'events', '--sort-by=.lastTimestamp', '--output=wide']] })) {
    const said = await Promise.all(commands.map(async command => (await kubectl.run(command)).stdout));
    writeFileSync(join(folder, `${name}.${kind}.txt`), said.join(''));
  }
}
