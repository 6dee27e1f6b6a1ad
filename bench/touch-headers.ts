/**
 * Hot: no allocation. The network function of the macro benchmarks: reads the IPv4 and UDP headers and lowers the TTL,
 * as a router does. It never looks at the payload. It knows which TTL must come, so that a packet that passed a VM twice,
 * or not at all, or whose bytes were lost in a copy, is dropped and the measurement does not count.
 */
import { forward, type PacketHandler } from '#millrace/nf/contract.js';
import { defineNetworkFunction } from '#millrace/nf/define.js';
import { z } from 'zod';

/** TTL of the packets that the generator makes. */
export const FIRST_TTL = 64;
/** What the generator sends UDP to. */
export const UDP_DESTINATION = 53;

export const touchHeaders = defineNetworkFunction(import.meta.url, {
  name: 'touch-headers',
  options: z.strictObject({ ttl: z.int().min(1).max(255) }),
  drops: ['unexpected-header'],
  create: ({ options: { ttl }, drop }): PacketHandler => {
    const unexpected = drop['unexpected-header'];
    return (packet) => {
      const ip = packet.ipv4();
      const udp = packet.udp();
      if (ip === null || udp === null) return unexpected;
      if (ip.ttl !== ttl || udp.destinationPort !== UDP_DESTINATION) return unexpected;
      ip.rewriteTtl(ttl - 1);
      return forward;
    };
  },
});
