/**
 * A network function and the application that runs it, in one file. The VM imports this file too, for the function; the
 * call of `run` has no effect there, and what stands after it never happens.
 */
import { chain, defineNetworkFunction, forward, generator, run, sink } from 'millrace';
import { z } from 'zod';

export const atMost = defineNetworkFunction(import.meta.url, {
  name: 'at-most',
  options: z.strictObject({ bytes: z.int().min(1) }),
  drops: ['too-long'],
  create: ({ options, drop }) => (packet) => (packet.length > options.bytes ? drop['too-long'] : forward),
});

const report = await run({
  ports: { source: generator({ packets: 10_000, lengths: [64, 1500] }), out: sink() },
  paths: [{ from: 'source', to: 'out', via: chain('short', [atMost({ bytes: 1000 })]) }],
});
console.log(`${report.ports.out.transmitted} of ${report.ledger.received} packets transmitted, ${report.drops['too-long']} too long`);
