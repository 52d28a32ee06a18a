import { App } from 'cdk8s';
import { ScheduleChart } from './chart';

const { FROM, TO } = process.env;

const app = new App({ outdir: 'dist/examples' });
new ScheduleChart(app, 'schedule', FROM && TO ? { from: FROM, to: TO, sync: 4 } : undefined);
app.synth();
