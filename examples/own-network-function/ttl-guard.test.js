/** A unit test: no threads, no chain. Run it with `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness } from 'millrace/testing';
import { ttlGuard } from './ttl-guard.js';

// Ethernet, IPv4 from 10.0.0.1 to 192.0.2.1 with a time to live of 64 (at byte 22), UDP.
const packet = Buffer.from('020000000002020000000001080045000021000000004011aeca0a000001c00002019c400007000d53b868656c6c6f', 'hex');

test('counts down, and drops at the minimum', async () => {
  const guard = await harness(ttlGuard({ minimum: 63 }));
  const first = guard.process(packet);
  assert.deepEqual([first.verdict, first.bytes[22]], ['forward', 63]);
  const second = guard.process(first.bytes);
  assert.deepEqual([second.verdict, second.reason], ['drop', 'ttl-expired']);
});
