/** What somebody who installed the package writes: a network function and an application. Copied into an empty project. */
import { chain, defineNetworkFunction, forward, generator, perFlow, run, sink, type Packet, type Report, type Verdict } from 'millrace';
import { harness } from 'millrace/testing';
import { z } from 'zod';

export const everyOther = defineNetworkFunction(import.meta.url, {
  name: 'every-other',
  options: z.strictObject({ from: z.int().min(0).default(0) }),
  drops: ['even'],
  counters: ['seen'],
  tables: { flows: perFlow(1) },
  create: ({ options, drop, counters, state }) => {
    let count = options.from;
    return (packet: Packet): Verdict => {
      counters.seen.add(1);
      const { words } = state.flows;
      words[state.flows.of(packet.flowId)]++;
      return count++ % 2 === 0 ? drop.even : forward;
    };
  },
});

const nf = await harness(everyOther({}));
const first = nf.process(new Uint8Array(64));
const report: Report = await run({
  ports: { source: generator({ packets: 1000, flows: 10 }), out: sink() },
  paths: [{ from: 'source', to: 'out', via: chain('own', [everyOther({ from: 1 })]) }],
});
const { transmitted } = report.ports['out'];
console.log(JSON.stringify({ reason: first.reason, transmitted, drops: report.drops, copied: report.bytesCopied, seen: report.vms[0].counters['seen'] }));
