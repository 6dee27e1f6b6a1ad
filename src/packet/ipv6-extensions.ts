/**
 * Hot: no allocation. The extension headers between an IPv6 header and its upper layer (RFC 8200 section 4).
 *
 *   hop-by-hop 0, routing 43, destination 60   | next | length - 1 in 8 bytes | …
 *   fragment 44                                | next | reserved | offset, 2 bits, M | identification |
 *   authentication 51 (RFC 4302)               | next | length - 2 in 4 bytes | …
 *
 * ESP (50) hides what follows, and "no next header" (59) ends the packet: both count as the upper layer.
 */
import { readU16 } from './bytes.js';
import { IpProtocol } from './protocols.js';

const NEXT = 0;
const LENGTH = 1;
const FRAGMENT_OFFSET = 2;
const SEGMENTS_LEFT = 3;
const FRAGMENT_BYTES = 8;
const OFFSET_MASK = 0xfff8;
const MORE_FRAGMENTS = 1;
/** Longest chain that is followed. Each kind may come once, destination options twice; more is an attack. */
export const MAX_EXTENSIONS = 16;

/** Where a walk over the extension headers came to. One per thread, used and read at once. */
export class ExtensionWalk {
  /** Number of the header at `at`. */
  protocol = 0;
  /** Index of the upper layer, or of the header that could not be read. */
  at = 0;
  isComplete = false;
  isFragment = false;
  isLaterFragment = false;

  /** Walks from the header at `at`, whose number is `protocol`, up to `end`. The walk ends at a later fragment's data. */
  walk(bytes: Uint8Array, at: number, end: number, protocol: number): void {
    let isFragment = false;
    let isLaterFragment = false;
    for (let passed = 0; passed < MAX_EXTENSIONS && !isLaterFragment && isExtension(protocol); passed++) {
      const length = extensionLength(bytes, at, end, protocol);
      if (length === 0) break;
      if (protocol === IpProtocol.fragment) {
        // Offset 0 without more to come is a packet in one piece, though it has the header (RFC 6946).
        const field = readU16(bytes, at + FRAGMENT_OFFSET);
        isLaterFragment = (field & OFFSET_MASK) !== 0;
        isFragment ||= (field & (OFFSET_MASK | MORE_FRAGMENTS)) !== 0;
      }
      protocol = bytes[at + NEXT];
      at += length;
    }
    this.protocol = protocol;
    this.at = at;
    this.isFragment = isFragment;
    this.isLaterFragment = isLaterFragment;
    this.isComplete = isLaterFragment || !isExtension(protocol);
  }
}

function isExtension(protocol: number): boolean {
  return protocol === IpProtocol.hopByHop || protocol === IpProtocol.routing || protocol === IpProtocol.destinationOptions
    || protocol === IpProtocol.fragment || protocol === IpProtocol.ah;
}

/** Bytes of an extension header that ends before `end`; 0 for any other. */
function extensionLength(bytes: Uint8Array, at: number, end: number, protocol: number): number {
  if (at + FRAGMENT_BYTES > end) return 0;
  const units = bytes[at + LENGTH];
  let length = (units + 1) << 3;
  if (protocol === IpProtocol.fragment) length = FRAGMENT_BYTES;
  else if (protocol === IpProtocol.ah) length = (units + 2) << 2;
  return at + length > end ? 0 : length;
}

/**
 * Whether a routing header has segments left. Then the destination is the next hop, and the pseudo-header of L4 holds the
 * last address of the route instead (RFC 8200 section 8.1).
 */
export function hasRouteAhead(bytes: Uint8Array, at: number, end: number, protocol: number): boolean {
  for (let passed = 0; passed < MAX_EXTENSIONS && isExtension(protocol); passed++) {
    const length = extensionLength(bytes, at, end, protocol);
    if (length === 0) return false;
    if (protocol === IpProtocol.routing && bytes[at + SEGMENTS_LEFT] > 0) return true;
    protocol = bytes[at + NEXT]!;
    at += length;
  }
  return false;
}
