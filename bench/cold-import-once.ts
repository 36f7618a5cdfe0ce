// One import in one process: what an initialisation waits for.
import { systemClock } from '../lib/clock.ts';

const [url = ''] = process.argv.slice(2);
const startMs = systemClock.monotonic();
await import(url);
console.log(JSON.stringify({ importMs: systemClock.monotonic() - startMs }));
