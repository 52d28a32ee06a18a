import { Testing, Yaml } from 'cdk8s';
import { MinimalChart } from './chart';

test('the manifest', () => {
  const manifest = Yaml.stringify(...Testing.synth(new MinimalChart(Testing.app(), 'minimal')));

  // The scripts are the library's, and so are their checksums.
  expect(manifest.replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/gm, '$1...\n').replace(/[0-9a-f]{64}/g, '...')).toMatchSnapshot();
});
