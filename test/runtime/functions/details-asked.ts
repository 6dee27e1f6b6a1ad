/** Counts the packets that come while somebody is told the details of flows. */
import { z } from 'zod';
import { forward } from '../../../src/nf/contract.js';
import { defineNetworkFunction } from '../../../src/nf/define.js';

export const detailsAsked = defineNetworkFunction(import.meta.url, {
  name: 'details-asked',
  options: z.strictObject({}),
  counters: ['asked', 'not-asked'],
  create: ({ tellsDetails, counters }) => () => {
    counters[tellsDetails ? 'asked' : 'not-asked'].add(1);
    return forward;
  },
});
