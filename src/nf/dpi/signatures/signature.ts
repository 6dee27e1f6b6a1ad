/** One byte signature: what options and files say of it, checked, and the bytes it stands for. */
import { z } from 'zod';
import { protocolsCalled } from '../protocol-table.js';
import { hexBytes, portBounds } from './signature-text.js';

/** Longest byte string: more than any signature needs, and a bound for the automaton's states. */
const MAX_CONTENT_BYTES = 1024;

/** Words for `protocol` that are not in the table of protocols: what carries the bytes. */
const TRANSPORTS = ['any', 'tcp', 'udp', 'icmp', 'icmpv6'] as const;

const port = z.int().min(0).max(65535);
const portRange = z.string().refine((text) => portBounds(text) !== null, { error: 'expected a port, or a range as in "8000-8100"' });

export const signatureSchema = z
  .strictObject({
    name: z.string().min(1).max(120).describe('unique among all signatures; shown in alerts'),
    content: z.string().min(1).optional().describe('the bytes, as text in UTF-8'),
    hex: z.string().optional().describe('the bytes, as pairs of hexadecimal digits; blanks are allowed between them'),
    nocase: z.boolean().default(false).describe('ASCII letters match in either case'),
    protocol: z.string().default('any').describe('what the flow must be: tcp, udp, icmp, icmpv6, or a protocol of the table, in either case'),
    direction: z.enum(['to-server', 'to-client', 'any']).default('any').describe('towards which end the bytes travel'),
    ports: z.union([port, portRange, z.array(z.union([port, portRange])).min(1).max(64)]).optional().describe('ports of the server'),
    action: z.enum(['alert', 'drop']).default('alert').describe('drop: this packet too, and every later one of its flow'),
    message: z.string().max(500).optional().describe('shown in alerts'),
  })
  .check((context) => {
    const { content, hex, protocol } = context.value;
    const report = (path: string[], message: string, input: unknown) => context.issues.push({ code: 'custom', path, message, input });
    if ((content === undefined) === (hex === undefined)) report([], 'expected exactly one of content and hex', context.value);
    if (hex !== undefined && hexBytes(hex) === null) {
      report(['hex'], `expected pairs of hexadecimal digits, found "${hex.slice(0, 40)}"`, hex);
    }
    const bytes = content === undefined ? (hexBytes(hex ?? '')?.length ?? 0) : Buffer.byteLength(content);
    if (bytes > MAX_CONTENT_BYTES) {
      report([content === undefined ? 'hex' : 'content'], `expected at most ${MAX_CONTENT_BYTES} bytes, found ${bytes}`, content);
    }
    if (!isProtocol(protocol)) {
      report(['protocol'], `expected ${TRANSPORTS.join(', ')} or a protocol that is recognised, found "${protocol}"`, protocol);
    }
  });

export type Signature = z.output<typeof signatureSchema>;

function isProtocol(name: string): boolean {
  return (TRANSPORTS as readonly string[]).includes(name.toLowerCase()) || protocolsCalled(name).length > 0;
}
