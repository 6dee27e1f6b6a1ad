/** Which replica a network function is: told by its context, and the only one where nothing is said. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineNetworkFunction } from '../../src/nf/define.js';
import { harness } from '../../src/nf/harness.js';
import { forward } from '../../src/nf/contract.js';

const telling = defineNetworkFunction(import.meta.url, {
  name: 'telling',
  options: z.object({}),
  drops: ['not-mine'],
  // Of each four packets, this replica takes those of its own index.
  create: ({ replica, drop }) => (packet) => (packet.bytes[packet.start] % replica.count === replica.index ? forward : drop['not-mine']),
});

const taken = async (...options: Parameters<typeof harness> extends [unknown, ...infer Rest] ? Rest : never): Promise<number[]> => {
  const nf = await harness(telling({}), ...options);
  return [0, 1, 2, 3].filter((first) => nf.process(Uint8Array.of(first, 0, 0, 0)).verdict === 'forward');
};

test('the only one takes everything', async () => {
  expect(await taken()).toEqual([0, 1, 2, 3]);
});

test('one of two takes its half', async () => {
  expect(await taken({ replica: { index: 1, count: 2 } })).toEqual([1, 3]);
});
