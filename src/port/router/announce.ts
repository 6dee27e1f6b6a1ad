/**
 * Tells the neighbours of a leg that it is there: by an ARP announcement for each IPv4 address (RFC 5227 section 2.3) and an
 * unsolicited advertisement for each IPv6 address (RFC 4861 section 7.2.6). At start, and when the interface is up again.
 */
import { isMapped, type LegSpec } from './leg.js';
import { ALL_NODES, ArpOperation, BROADCAST, MESSAGE_BYTES, NdFlag, NdType, groupMac, writeArp, writeNd } from './messages.js';
import type { FrameOutlet } from './responder.js';

export function announce({ mac, addresses }: LegSpec, outlet: FrameOutlet): void {
  const frame = new Uint8Array(MESSAGE_BYTES);
  for (const { words } of addresses) {
    const length = isMapped(words)
      ? writeArp(frame, 0, ArpOperation.request, [mac, words[3]], [0, words[3]], BROADCAST)
      : writeNd(frame, 0, {
        type: NdType.advertisement, flags: NdFlag.router | NdFlag.override, target: words, source: words, destination: ALL_NODES,
        sourceMac: mac, destinationMac: groupMac(ALL_NODES),
      });
    outlet.send(frame, 0, length);
  }
}
