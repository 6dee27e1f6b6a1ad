/** A network function that holds its hundredth packet for a while, and everything behind it. */
import { defineNetworkFunction, forward } from 'millrace';

const HOLD_MS = 1500;

export const hold = defineNetworkFunction(import.meta.url, {
  name: 'hold',
  options: { '~standard': { version: 1, vendor: 'millrace-tests', validate: () => ({ value: {} }) } },
  create: () => {
    let seen = 0;
    return () => {
      seen++;
      if (seen === 100) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HOLD_MS);
      return forward;
    };
  },
});
