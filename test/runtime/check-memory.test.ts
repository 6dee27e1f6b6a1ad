/** A machine that does not give the memory of a region: a problem like any other, before any thread exists. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Configuration } from '../../src/runtime/configuration.js';
import { ConfigurationError } from '../../src/runtime/problems.js';
import { start } from '../../src/runtime/start.js';

afterEach(() => { vi.restoreAllMocks(); });

test('a region that is not allocated', async () => {
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
    throw new RangeError('could not allocate memory');
  });
  const configuration: Configuration = {
    ports: { a: { kind: 'sink' }, b: { kind: 'sink' } },
    chains: { edge: ['dpi'] },
    paths: [{ from: 'a', to: 'b', via: 'edge' }],
    memory: { slots: 300 },
  };
  const error = await start(configuration).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).problems).toEqual([expect.objectContaining({ code: 'region-not-allocated', place: 'memory', found: '300 slots of 2048 B' })]);
});
