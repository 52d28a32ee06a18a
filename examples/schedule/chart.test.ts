import { Testing, Yaml } from 'cdk8s';
import { ScheduleChart } from './chart';

const objects = Testing.synth(new ScheduleChart(Testing.app(), 'schedule'));

test('the manifest', () => {
  // The script is the library's, and so is its checksum.
  expect(Yaml.stringify(...objects).replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/, '...')).toMatchSnapshot();
});

test('the clock moves pods 1 to 3, which keep their model', () => {
  const args: string[] = objects.find(object => object.kind === 'StatefulSet').spec.template.spec.containers[0].args;

  expect(args).toContain('split=between:1/4');
  expect(args.filter(word => /^(role|process)=/.test(word))).toEqual(['role=shared', 'process=model', 'role=sync', 'process=server', 'role=async', 'process=worker']);
});

test('nobody but a person, who pins it, puts a number into the ConfigMap', () => {
  expect(objects.find(object => object.metadata.name === 'schedule-hello-values').data).toEqual({ INSTANCE: '6' });
});
