/** `apply`: puts a chain file in force under traffic, or the one that is in force once more, as it reads now. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.js';

export const apply = defineCommand({
  arguments: z.strictObject({
    file: z.string().refine(isAbsolute, 'expected an absolute path: the instance has a working directory of its own').optional(),
    shown: z.string().optional(),
  }),
  async run(instance, { file, shown }) {
    return { ...(await instance.apply(file, shown)), file: instance.file };
  },
});
