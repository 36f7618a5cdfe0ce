// Runs the benchmarks named on the command line, or all but those that only run when they are named.
import type { Bench } from './bench.ts';
import { createCatchUpBench } from './catch-up.ts';
import { createColdImportBench } from './cold-import.ts';
import { createEncodeBench } from './encode.ts';
import { createFunctionMemoryBench } from './function-memory.ts';
import { createLedgerBench } from './ledger.ts';
import { createLedgerCostBench } from './ledger-cost.ts';
import { createMemoryBench } from './memory.ts';
import { createOutageBench } from './outage.ts';
import { createTickBench } from './tick.ts';

const benches: readonly Bench[] = [
  createEncodeBench(),
  createMemoryBench(),
  createTickBench(),
  createLedgerBench(),
  createColdImportBench(),
  createLedgerCostBench(),
  createFunctionMemoryBench(),
  createOutageBench(),
  createCatchUpBench(),
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  throw new Error(`No benchmark ${unknown.join()}; there are ${benches.map(({ name }) => name).join()}`);
}
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (const bench of benches) {
  if (wanted.length > 0 ? !wanted.includes(bench.name) : bench.onRequest === true) continue;
  console.log(`\n${bench.name}: ${await bench.run()}`);
}
