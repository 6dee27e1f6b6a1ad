/**
 * Hot: no allocation, no throw. Rewrites a TCP segment in place into the RST about it (RFC 9293 section 3.10.7.1), for its sender.
 */
import { Layer3 } from '../memory/slot-layout.js';
import { writeU16, writeU32 } from '../packet/bytes.js';
import { checksum } from '../packet/checksum.js';
import { IPV4_MIN_BYTES } from '../packet/ipv4.js';
import { TCP_CHECKSUM } from '../packet/l4-checksum.js';
import { IPV6_BYTES } from '../packet/packet-end.js';
import type { Packet, TcpView } from '../packet/packet.js';
import { IpProtocol, TcpFlag } from '../packet/protocols.js';
import { TCP_MIN_BYTES } from '../packet/tcp.js';
import { pseudoSum, writeIpHeader } from './answer-header.js';
import { answersTo, mayAnswer } from './answerable.js';
import { tcpPayloadBytes } from './tcp-payload.js';

/** @returns whether there is an answer; when not, the packet is as it was, and is to be dropped in silence. */
export function answerReset(packet: Packet): boolean {
  const tcp = packet.tcp();
  if (tcp === null || packet.isFragment || (tcp.flags & TcpFlag.rst) !== 0 || !mayAnswer(packet)) return false;
  answersTo(packet);
  const isAcknowledged = (tcp.flags & TcpFlag.ack) !== 0;
  const sequence = isAcknowledged ? tcp.acknowledgementNumber : 0;
  const acknowledged = isAcknowledged ? 0 : tcp.sequenceNumber + segmentBytes(packet, tcp);
  const { bytes } = packet;
  const ip = packet.start + packet.l3Offset;
  const at = ip + (packet.l3 === Layer3.ipv4 ? IPV4_MIN_BYTES : IPV6_BYTES);
  const { sourcePort, destinationPort } = tcp;
  writeIpHeader(packet, ip, IpProtocol.tcp, TCP_MIN_BYTES, false);
  writeU16(bytes, at, destinationPort);
  writeU16(bytes, at + 2, sourcePort);
  writeU32(bytes, at + 4, sequence);
  writeU32(bytes, at + 8, acknowledged);
  writeU16(bytes, at + 12, (5 << 12) | TcpFlag.rst | (isAcknowledged ? 0 : TcpFlag.ack));
  writeU32(bytes, at + 14, 0);
  writeU16(bytes, at + 18, 0);
  writeU16(bytes, at + TCP_CHECKSUM, checksum(bytes, at, TCP_MIN_BYTES, pseudoSum(packet, ip, IpProtocol.tcp, TCP_MIN_BYTES)));
  packet.resize(at + TCP_MIN_BYTES - packet.start);
  return true;
}

function segmentBytes(packet: Packet, tcp: TcpView): number {
  const flags = tcp.flags;
  return tcpPayloadBytes(packet, tcp) + ((flags & TcpFlag.syn) !== 0 ? 1 : 0) + ((flags & TcpFlag.fin) !== 0 ? 1 : 0);
}
