import { App } from 'cdk8s';
import { TritonChart } from './chart';

const app = new App({ outdir: 'dist/examples' });
new TritonChart(app, 'triton');
app.synth();
