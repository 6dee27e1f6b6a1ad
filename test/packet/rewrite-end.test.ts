/** An end of TCP or UDP is replaced at once as it is by the setters of the views, one field after the other. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HeaderOffset } from '../../src/memory/slot-layout.js';
import { bytesOf, place } from '../support/bench-slot.js';
import { tcp4, udp4 } from '../support/packets.js';

/** Words of ones and of zeros are the same to a sum, so they have to be met. */
const word = fc.oneof(fc.nat({ max: 65_535 }), fc.constantFrom(0, 0xffff));
const address = fc.tuple(word, word).map(([high, low]) => high * 0x10000 + low);
const port = word;
const dotted = (word: number): string => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
/** A loose source route with a hop ahead: the pseudo-header has the last address of the route. */
const ROUTE = [131, 7, 4, 192, 0, 2, 1, 0];

const packets = fc
  .record({ source: address, destination: address, sourcePort: port, destinationPort: port, isTcp: fc.boolean(), isChecked: fc.boolean(), isRouted: fc.boolean(), payload: fc.uint8Array({ maxLength: 30 }) })
  .map(({ isTcp, isChecked, isRouted, payload, ...ends }) => {
    const fields = { ...ends, source: dotted(ends.source), destination: dotted(ends.destination), payload: [...payload] };
    const bytes = isTcp ? tcp4(fields) : udp4({ ...fields, ...(!isChecked && { udpChecksum: 0 }) });
    if (!isRouted) return bytes;
    const routed = Uint8Array.from([...bytes.slice(0, 34), ...ROUTE, ...bytes.slice(34)]);
    routed[14] = 0x47;
    routed[17] += ROUTE.length;
    return routed;
  });

it('at the source and at the destination, with and without options and checksums', () => {
  let turned = 0;
  fc.assert(
    fc.property(packets, address, port, fc.boolean(), (bytes, newAddress, newPort, isSource) => {
      const [fused, apart] = [place(bytes), place(bytes)];
      const l4 = (apart.tcp() ?? apart.udp())!;
      if (isSource) {
        fused.rewriteSourceEnd(newAddress, newPort);
        apart.ipv4()!.rewriteSource(newAddress);
        l4.rewriteSourcePort(newPort);
      } else {
        fused.rewriteDestinationEnd(newAddress, newPort);
        apart.ipv4()!.rewriteDestination(newAddress);
        l4.rewriteDestinationPort(newPort);
      }
      turned++;
      expect(bytesOf(fused)).toEqual(bytesOf(apart));
    }),
    { numRuns: 1000 },
  );
  expect(turned).toBe(1000);
});

it('also where a word of ones becomes one of zeros', () => {
  const ends = { source: '10.0.255.255', destination: '192.0.2.1', sourcePort: 0xffff, destinationPort: 2 };
  const packet = place(udp4(ends));
  packet.rewriteSourceEnd(0x0a000000, 0);
  expect([packet.ipv4()!.source, packet.udp()!.sourcePort]).toEqual([0x0a000000, 0]);
  const other = place(udp4(ends));
  other.ipv4()!.rewriteSource(0x0a000000);
  expect(other.ipv4()!.source).toBe(0x0a000000);
});

it('a packet turns back to the port that it came in by', () => {
  const packet = place(udp4({ source: '10.0.0.1', destination: '192.0.2.1', sourcePort: 1, destinationPort: 2 }));
  const { u8 } = (packet as unknown as { headers: { u8: Uint8Array } }).headers;
  u8[HeaderOffset.ingressPort] = 3;
  u8[HeaderOffset.egressPort] = 4;
  packet.turnBack();
  expect(u8[HeaderOffset.egressPort]).toBe(3);
});
