/** A user's network function, with everything that a configuration can get wrong about one. */
import { z } from 'zod';
import { forward } from '../../../src/nf/contract.js';
import { defineNetworkFunction } from '../../../src/nf/define.js';
import { keyed } from '../../../src/nf/tables.js';

export const ttlGuard = defineNetworkFunction(import.meta.url, {
  name: 'ttl-guard',
  options: z.strictObject({ minimum: z.int().min(1), texts: z.array(z.string()).default([]) }),
  drops: ['ttl-expired'],
  counters: (options: { texts: string[] }) => options.texts,
  tables: { seen: keyed({ keyWords: 1, valueWords: 1, capacity: 8 }) },
  prepare: (options, preparation) => {
    options.texts.forEach((text, index) => {
      const column = text.indexOf('bad') + 1;
      if (column > 0) preparation.problem({ path: ['texts', index], message: "'bad' is not a word", found: 'bad', expected: 'good', line: 1, column });
      if (text === 'throw') throw new Error('out of words');
    });
    return { ...options, texts: options.texts.map((text) => (text === 'path' ? preparation.resolve('file.txt') : text)) };
  },
  create: () => () => forward,
});

export const keepsFunctions = defineNetworkFunction(import.meta.url, {
  name: 'keeps-functions',
  options: z.strictObject({}),
  prepare: () => ({ call: () => 1 }) as never,
  create: () => () => forward,
});
