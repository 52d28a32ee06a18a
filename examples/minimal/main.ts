import { App } from 'cdk8s';
import { MinimalChart } from './chart';

const app = new App({ outdir: 'dist/examples' });
new MinimalChart(app, 'minimal');
app.synth();
