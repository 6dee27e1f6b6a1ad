/** Names of flows cross from a VM to main as words. */
import { expect, it } from 'vitest';
import { FlowNames, readFlowName } from '../../src/nf/flow-names.js';

it.each([
  [1, 'TLS', 'example.org'],
  [0xffff_ffff, 'HTTP', ''],
  [7, '', 'a'],
  [8, 'QUIC', 'b'],
  [9, 'DNS', 'bücher.example'],
  [10, 'MDNS', 'Anna’s 🖨'],
  [11, 'TLS', 'x'.repeat(255)],
  [13, 'OWN', 'ab'.repeat(10_000)],
  [12, 'OWN', 'more than the first words hold '.repeat(40)],
])('of flow %i: %s, %s', (flowId, protocol, host) => {
  const names = new FlowNames();
  // What was written before, and was longer, shows through nowhere.
  names.write(99, 'LONGER_THAN_OTHERS', 'z'.repeat(400));
  const count = names.write(flowId, protocol, host);
  expect(readFlowName(Uint32Array.from(names.words.subarray(0, count)))).toEqual({ flowId, protocol, host });
});
