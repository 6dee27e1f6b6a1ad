/** `stop`: stops receiving, lets what is under way go through, and answers with the last report. */
import { z } from 'zod';
import { defineCommand } from '../command.js';

export const stop = defineCommand({
  arguments: z.strictObject({ drainMs: z.int().min(0).max(3_600_000).optional() }),
  async run({ runtime }, { drainMs }) {
    // The runtime is over only when this has been answered: what is awaited is the report, not the end.
    void runtime.stop(drainMs === undefined ? {} : { drainMs });
    return runtime.reported;
  },
});
