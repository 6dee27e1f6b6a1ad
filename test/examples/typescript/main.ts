/** An application in TypeScript, run from its source. */
import { chain, generator, run, sink, type Configuration, type Report } from 'millrace';
import { sizeGuard } from './size-guard.js';

const configuration: Configuration = {
  ports: { source: generator({ packets: 100, lengths: [64, 1500] }), out: sink() },
  paths: [{ from: 'source', to: 'out', via: chain('small', [sizeGuard({ mostBytes: 1000 })]) }],
};
const report: Report = await run(configuration);
console.log(JSON.stringify({ drops: report.drops, counters: report.vms[0].counters }));
