/** Packets of a capture that a router would forward, as they came, but for the TTL. Who spoke first to whom is inside. */
import { plainChecksum } from '../../support/packets.js';
import { place } from '../../support/bench-slot.js';
import { recordsOf } from '../../support/captures.js';
import type { Sent } from './kernel-firewall.js';

const ETHERNET = 1;
const TTL = 64;
/** Followed by states of their own in the kernel, or there by more than addresses: SCTP, DCCP, UDP-Lite, GRE. */
const OTHERWISE = new Set([132, 33, 136, 47]);

export function packetsOf(path: string, most: number): Sent[] {
  const insiders = new Map<string, string>();
  return recordsOf(path).slice(0, most).flatMap(({ bytes, originalLength, linkType }) => {
    if (linkType !== ETHERNET || originalLength !== bytes.length) return [];
    const frame = forwardable(bytes);
    if (frame === null) return [];
    const packet = place(frame);
    const [from, to] = packet.ipv4() !== null ? [frame.slice(26, 30), frame.slice(30, 34)] : [frame.slice(22, 38), frame.slice(38, 54)];
    const [source, destination] = [Buffer.from(from).toString('hex'), Buffer.from(to).toString('hex')];
    const pair = [source, destination].sort().join(' ');
    if (!insiders.has(pair)) insiders.set(pair, source);
    return [{ side: insiders.get(pair) === source ? 'inside' : 'outside', frame } as const];
  });
}

/** A copy with a TTL that lasts, or null for what no router forwards, or only in another shape. */
function forwardable(bytes: Uint8Array): Uint8Array | null {
  const packet = place(bytes);
  if (packet.isMalformed || packet.isFragment || packet.vlanCount > 0 || OTHERWISE.has(packet.l4)) return null;
  const frame = bytes.slice();
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) {
    if (ipv4.headerLength !== 20 || ipv4.totalLength === 0 || !isHost(ipv4.source) || !isHost(ipv4.destination) || ipv4.source === ipv4.destination) return null;
    frame[22] = TTL;
    frame.fill(0, 24, 26);
    const sum = plainChecksum([...frame.slice(14, 34)]);
    frame[24] = sum >>> 8;
    frame[25] = sum;
    return frame.slice(0, 14 + ipv4.totalLength);
  }
  const ipv6 = packet.ipv6();
  if (ipv6 === null || ipv6.nextHeader !== packet.l4 || ipv6.payloadLength === 0 || !isGlobal(ipv6.sourceWord(0)) || !isGlobal(ipv6.destinationWord(0))) return null;
  frame[21] = TTL;
  return frame.slice(0, 54 + ipv6.payloadLength);
}

const isHost = (address: number): boolean => address >>> 24 !== 0 && address >>> 24 !== 127 && address >>> 24 < 224;
/** Global unicast and unique local addresses. */
const isGlobal = (word: number): boolean => word >>> 29 === 1 || word >>> 25 === 0x7e;
