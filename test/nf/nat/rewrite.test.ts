/** An end of TCP or UDP is replaced by the NAT's own routine bit for bit as by the packet's, which tests of its own hold to the views. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rewriteEnd } from '../../../src/nf/nat/rewrite.js';
import { bytesOf, place } from '../../support/bench-slot.js';
import { tcp4, udp4 } from '../../support/packets.js';

/** Words of ones and of zeros are the same to a sum, so they have to be met. */
const word = fc.oneof(fc.nat({ max: 65_535 }), fc.constantFrom(0, 0xffff));
const address = fc.tuple(word, word).map(([high, low]) => high * 0x10000 + low);
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

it('at the source and at the destination', () => {
  const ends = fc.record({ source: address, destination: address, sourcePort: word, destinationPort: word, isTcp: fc.boolean(), isChecked: fc.boolean(), payload: fc.uint8Array({ maxLength: 9 }) });
  fc.assert(fc.property(ends, address, word, fc.boolean(), ({ isTcp, isChecked, payload, ...rest }, newAddress, newPort, isSource) => {
    const fields = { ...rest, source: dotted(rest.source), destination: dotted(rest.destination), payload: [...payload] };
    const bytes = isTcp ? tcp4(fields) : udp4({ ...fields, ...(!isChecked && { udpChecksum: 0 }) });
    const [own, others] = [place(bytes), place(bytes)];
    const [ip, l4] = [own.start + own.l3Offset, own.start + own.l4Offset];
    rewriteEnd(own.view, ip, ip + (isSource ? 12 : 16), l4, l4 + (isSource ? 0 : 2), own.l4, newAddress, newPort);
    if (isSource) others.rewriteSourceEnd(newAddress, newPort);
    else others.rewriteDestinationEnd(newAddress, newPort);
    expect(bytesOf(own)).toEqual(bytesOf(others));
    expect(isSource ? own.ipv4()!.source : own.ipv4()!.destination).toBe(newAddress);
  }), { numRuns: 1000 });
});
