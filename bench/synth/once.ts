/**
 * once.js by-library|by-hand SERVICES DIRECTORY: synthesizes so many services into a directory, and prints as JSON what that took from the start of the
 * process: CPU in milliseconds, and the most memory it had in MiB.
 */
import { App } from 'cdk8s';

const [way, services, outdir] = process.argv.slice(2);
const app = new App({ outdir });
if (way === 'by-library') {
  (require('./by-library') as typeof import('./by-library')).byLibrary(app, Number(services));
} else {
  (require('./by-hand') as typeof import('./by-hand')).byHand(app, Number(services));
}
app.synth();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 }));
