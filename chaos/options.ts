import { parseArgs } from 'node:util';

export const USAGE = `npm run chaos -- [options]

Disturbs the service of examples/ocr on the Kubernetes cluster of $KUBECONFIG while requests and jobs are under way, and tells what was lost; then does the
same to what people use instead. It works in a namespace of its own, which is deleted at the end. docs/chaos.md says what each row proves.

  --images PREFIX     of the images PREFIXocr:1, PREFIXetcd:1 and PREFIXrabbitmq:1 (default: $CHAOS_IMAGES)
  --etcd-image IMAGE, --rabbitmq-image IMAGE
                      other images than these, such as the public ones
  --profile NAME      short (12 minutes, the default) or full (a little over 2 hours)
  --only NAME         one system or one disruption; may be repeated
  --tries N           how often each disruption is tried (default: as the profile says)
  --seed N            of what is random (default: a random one, which is printed)
  --report DIR        write the table, the figures as JSON and a picture for each system to DIR
  --lose-node CMD, --return-node CMD
                      take a node away at once and bring it back; {node} stands for its name
  --api-down CMD      take the API server away for half a minute, and bring it back
  --list              say what can be tried, and end

A node is drained for the pods of this run alone, by a label that is taken away again.
`;

/**
 * Ends the program, which has not begun with anything.
 */
export function refuse(message: string): never {
  console.error(`chaos: ${message}`);
  process.exit(2);
}

/**
 * Refuses what somebody has given when it fails, with what is to be said first.
 */
export function orRefuse<T>(doing: () => T, what: string = ''): T {
  try {
    return doing();
  } catch (error) {
    return refuse(`${what}${(error as Error).message}`);
  }
}

/**
 * What stands on the command line.
 */
export function options() {
  try {
    const { values } = parseArgs({
      options: {
        'images': { type: 'string', default: process.env.CHAOS_IMAGES },
        'etcd-image': { type: 'string' },
        'rabbitmq-image': { type: 'string' },
        'profile': { type: 'string', default: 'short' },
        'only': { type: 'string', multiple: true, default: [] },
        'tries': { type: 'string' },
        'seed': { type: 'string' },
        'report': { type: 'string' },
        'lose-node': { type: 'string' },
        'return-node': { type: 'string' },
        'api-down': { type: 'string' },
        'list': { type: 'boolean', default: false },
        'help': { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/**
 * A number that somebody has given, or another one.
 */
export function number(name: string, value: string | undefined, otherwise: number): number {
  if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
    refuse(`--${name} (${value}) must be a whole number of at least 1`);
  }
  return value === undefined ? otherwise : Number(value);
}
