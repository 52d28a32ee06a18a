/**
 * once.js by-library|by-hand SERVICES DIRECTORY: synthesizes so many services into a directory, and prints as JSON what that took since the start of
 * the process: CPU in milliseconds, and the most memory that it had in MiB.
 */
import { App } from 'cdk8s';

async function main(): Promise<void> {
  const [way, services, outdir] = process.argv.slice(2);
  const app = new App({ outdir });
  // One of the two, because loading it is a part of what it costs.
  if (way === 'by-library') {
    (await import('./by-library.js')).byLibrary(app, Number(services));
  } else {
    (await import('./by-hand.js')).byHand(app, Number(services));
  }
  app.synth();
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 }));
}

void main();
