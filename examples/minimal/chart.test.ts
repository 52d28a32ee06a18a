import { Testing, Yaml } from 'cdk8s';
import { MinimalChart } from './chart';

test('the manifest', () => {
  const manifest = Yaml.stringify(...Testing.synth(new MinimalChart(Testing.app(), 'minimal')));

  // The script is the library's, and so is its checksum.
  expect(manifest.replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/, '...')).toMatchSnapshot();
});
