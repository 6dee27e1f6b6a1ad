/** Hot: no allocation. How much payload a TCP packet had on the wire, also when the capture kept less of it. */
import { ipv4End, ipv6End } from '../packet/packet-end.js';
import type { Packet, TcpView } from '../packet/packet.js';
import { Layer3 } from '../memory/slot-layout.js';

export function tcpPayloadBytes(packet: Packet, tcp: TcpView): number {
  const at = packet.start + packet.l3Offset;
  const wireEnd = packet.start + Math.max(packet.length, packet.originalLength);
  const end = packet.l3 === Layer3.ipv4 ? ipv4End(packet.bytes, at, wireEnd) : ipv6End(packet.bytes, at, wireEnd);
  return Math.max(0, end - packet.start - packet.l4Offset - tcp.headerLength);
}
