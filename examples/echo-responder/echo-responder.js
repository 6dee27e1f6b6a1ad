/** Answers pings to one address: the request is rewritten into its reply, in the slot where it lies. */
import { defineNetworkFunction, forward } from 'millrace';
import { z } from 'zod';

const ECHO_REQUEST = 8;

export const echoResponder = defineNetworkFunction(import.meta.url, {
  name: 'echo-responder',
  // Four bytes as one number, so that packets are compared without text.
  options: z.strictObject({ address: z.ipv4().transform((text) => text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)) }),
  // Of the request: it ends here, and the ledger says so. The reply is counted as originated.
  drops: ['echo-answered'],
  create: ({ options, reply }) => (packet) => {
    const ip = packet.ipv4();
    const icmp = packet.icmp();
    if (ip === null || icmp === null || packet.isFragment) return forward;
    if (icmp.type !== ECHO_REQUEST || ip.destination !== options.address) return forward;

    const ethernet = packet.ethernet();
    if (ethernet !== null) {
      const { source, destination } = ethernet;
      ethernet.rewriteSource(destination);
      ethernet.rewriteDestination(source);
    }
    ip.rewriteDestination(ip.source);
    ip.rewriteSource(options.address);
    ip.rewriteTtl(64);

    // The type becomes 0, an echo reply, and the checksum grows by as much, with its carry (RFC 1624).
    const { bytes } = packet;
    const at = packet.start + packet.l4Offset;
    const sum = icmp.checksum + (ECHO_REQUEST << 8);
    const checksum = (sum & 0xffff) + (sum >>> 16);
    bytes[at] = 0;
    bytes[at + 2] = checksum >>> 8;
    bytes[at + 3] = checksum & 0xff;
    return reply['echo-answered'];
  },
});
