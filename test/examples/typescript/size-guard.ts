/** A network function in TypeScript, for a runtime that runs under a loader. */
import { defineNetworkFunction, forward } from 'millrace';
import { z } from 'zod';

export const sizeGuard = defineNetworkFunction(import.meta.url, {
  name: 'size-guard',
  options: z.strictObject({ mostBytes: z.int().min(1) }),
  drops: ['too-large'],
  counters: ['seen'],
  create: ({ options, drop, counters }) => (packet) => {
    counters.seen.add(1);
    return packet.length > options.mostBytes ? drop['too-large'] : forward;
  },
});
