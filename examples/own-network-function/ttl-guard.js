/** A network function of one's own: counts the time to live down, and drops what has too little of it. */
import { defineNetworkFunction, forward } from 'millrace';
import { z } from 'zod';

// Its module names itself, because functions do not cross threads: the VM imports it by this URL.
export const ttlGuard = defineNetworkFunction(import.meta.url, {
  name: 'ttl-guard',
  options: z.strictObject({ minimum: z.int().min(1).max(255) }),
  drops: ['ttl-expired'],
  create: ({ options, drop }) => (packet) => {
    const ip = packet.ipv4();
    if (ip === null) return forward; // another protocol, or malformed
    if (ip.ttl <= options.minimum) return drop['ttl-expired'];
    ip.rewriteTtl(ip.ttl - 1); // mends the checksum
    return forward;
  },
});
