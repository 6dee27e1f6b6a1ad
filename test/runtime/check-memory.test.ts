/** A machine that does not give the memory of a region: a problem like any other, before any thread exists. */
import { expect, test } from 'vitest';
import { planConfiguration } from '../../src/runtime/check.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import { ConfigurationError } from '../../src/runtime/problems.js';
import { startPlan } from '../../src/runtime/start.js';

const configuration: Configuration = {
  ports: { a: { kind: 'sink' }, b: { kind: 'sink' } },
  chains: { edge: ['dpi'] },
  paths: [{ from: 'a', to: 'b', via: 'edge' }],
};

test('a region that is not allocated', async () => {
  // More than any machine gives; the check would not let it pass.
  const plan = { ...(await planConfiguration(configuration)), memory: { slots: 2 ** 20, slotBytes: 2 ** 17 } };
  const error = await startPlan(plan, new Map(), {}).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).problems).toEqual([
    expect.objectContaining({ code: 'region-not-allocated', place: 'memory', found: '1048576 slots of 131072 B', expected: 'fewer or smaller slots, fewer flows or replicas' }),
  ]);
});
