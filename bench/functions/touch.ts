/**
 * Hot: no allocation. The network function of the benchmarks; `touch` says how much of a packet it looks at.
 *
 *   nothing   its address is all it has seen
 *   ttl       reads a byte of the address and lowers the TTL, without looking whether that is one: what the C reference does
 *   headers   reads the IPv4 and UDP headers by their views and lowers the TTL with its checksum mended, as a router does
 *   payload   reads every word of the packet
 *
 * With `headers` it knows which TTL must come, so that a packet that passed a VM twice, or not at all, or whose bytes were
 * lost in a copy, is dropped and the measurement does not count.
 */
import { forward, type PacketHandler } from '../../src/nf/contract.js';
import { defineNetworkFunction } from '../../src/nf/define.js';
import { z } from 'zod';

/** TTL of the packets that the source makes. */
export const FIRST_TTL = 64;
/** What the source sends UDP to. */
export const UDP_DESTINATION = 53;
export const TOUCHES = ['nothing', 'ttl', 'headers', 'payload'] as const;
export type Touch = (typeof TOUCHES)[number];

const ADDRESS_AT = 26;
const TTL_AT = 22;

function headersHandler(ttl: number, unexpected: ReturnType<PacketHandler>): PacketHandler {
  return (packet) => {
    const ip = packet.ipv4();
    const udp = packet.udp();
    if (ip === null || udp === null) return unexpected;
    if (ip.ttl !== ttl || udp.destinationPort !== UDP_DESTINATION) return unexpected;
    ip.rewriteTtl(ttl - 1);
    return forward;
  };
}

/** Reads by words: a byte at a time would measure the loop. The result goes to a counter, so that nothing is left out. */
function payloadHandler(keep: (seen: number) => void): PacketHandler {
  let words: Uint32Array = new Uint32Array(0);
  return (packet) => {
    const { bytes, start, length } = packet;
    if (words.buffer !== bytes.buffer) words = new Uint32Array(bytes.buffer, 0, bytes.buffer.byteLength >>> 2);
    const first = (bytes.byteOffset + start) >>> 2;
    const end = first + (length >>> 2);
    let seen = 0;
    for (let at = first; at < end; at++) seen ^= words[at];
    keep(seen);
    return forward;
  };
}

export const touch = defineNetworkFunction(import.meta.url, {
  name: 'touch',
  options: z.strictObject({ touch: z.enum(TOUCHES), ttl: z.int().min(1).max(255) }),
  drops: ['unexpected-header'],
  counters: ['seen'],
  create: ({ options, drop, counters }): PacketHandler => {
    switch (options.touch) {
      case 'nothing':
        return () => forward;
      case 'ttl': {
        let seen = 0;
        return (packet) => {
          const { bytes, start } = packet;
          seen ^= bytes[start + ADDRESS_AT];
          bytes[start + TTL_AT]--;
          if (seen > 255) counters.seen.add(1);
          return forward;
        };
      }
      case 'headers':
        return headersHandler(options.ttl, drop['unexpected-header']);
      case 'payload':
        return payloadHandler((seen) => {
          if (seen === 0x12345678) counters.seen.add(1);
        });
    }
  },
});
