/** `stats`: the report as of now. */
import { z } from 'zod';
import { defineCommand } from '../command.js';

export const stats = defineCommand({ arguments: z.strictObject({}), run: ({ runtime }) => runtime.stats() });
