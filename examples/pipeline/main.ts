import { App } from 'cdk8s';
import { PipelineChart } from './chart';
import { EnvironmentName, ENVIRONMENTS } from './environments';

const { IMAGE = 'registry.example.com/ocr:1.4.2' } = process.env;

// One app for each, so that the chart's id, and with it every name, is the same in all: what differs is then what is meant to.
for (const name of Object.keys(ENVIRONMENTS) as EnvironmentName[]) {
  const app = new App({ outdir: 'dist/examples', outputFileExtension: `.${name}.yaml` });
  new PipelineChart(app, 'pipeline', IMAGE, ENVIRONMENTS[name](process.env));
  app.synth();
}
