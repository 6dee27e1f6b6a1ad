/**
 * The slot and its header: the one table that every thread agrees on.
 *
 * A slot is a fixed piece of the region. Its *address* (a u32 byte offset in the region) is the only thing that rings
 * carry. Its header lies apart, in a dense array in control memory, found by slot index: headers in front of the data
 * would fall on the same cache sets, because slots are a power of two apart.
 *
 *   region   | scratch | slot 0                                   | slot 1 …
 *                      | headroom (128 B + colour) | data …       |
 *   control  | … | header 0 (64 B) | header 1 (64 B) | …
 *
 * offset  bytes  field               written by           invariant
 *  0      4      dataOffset          port, manager, NF    from the slot's start; dataOffset + length <= slot bytes
 *  4      4      length              port, NF             bytes present, from dataOffset on
 *  8      4      originalLength      port                 bytes on the wire (a capture may have kept fewer)
 * 12      1      l3                  parser               Layer3: 0 other, 1 ARP, 4 IPv4, 6 IPv6
 * 13      1      l4                  parser               IP protocol number of the upper layer, 0 if none
 * 14      1      parseFlags          parser, NF           ParseFlag bits
 * 15      1      linkType            port                 LinkType of the first byte at dataOffset
 * 16      2      l3Offset            parser               from dataOffset
 * 18      2      l4Offset            parser               from dataOffset; 0 when l4 has no readable header
 * 20      2      payloadOffset       parser               from dataOffset; after the L4 header
 * 22      2      pathVersion         manager              version of the path's row, stamped at ingress
 * 24      2      path                manager              index of the service path
 * 26      1      hop                 manager, VM          position on the path, where VMs go by it: together, mesh
 * 27      1      direction           manager              Direction: 0 forward, 1 reverse
 * 28      1      verdict             VM                   VerdictKind: 0 forward, 1 drop, 2 reply
 * 29      1      vlanCount           parser               VLAN tags passed before l3Offset
 * 30      2      dropReason          VM, manager          number of a drop reason, 0 when none
 * 32      1      ingressPort         manager              index of the port
 * 33      1      egressPort          manager, NF          index of the port
 * 34      2      interfaceId         port                 interface of the capture it came from
 * 36      4      flowHash            manager              the one hash of the packet's flow key
 * 40      4      flowId              manager              FlowId: index and reuse generation; 0 = no flow
 * 44      4      mark                NF                   free for NFs, kept from hop to hop
 * 48      4      timestampSeconds    port                 since 1970, unsigned
 * 52      4      timestampNanos      port                 0 … 999 999 999
 * 56      8      scratch             NF                   free for NFs, kept from hop to hop
 */
export const HEADER_BYTES = 64;
export const HEADER_BYTES_LOG2 = 6;

/** Byte offsets of the header's fields. Divide by the field's width for an index into the matching typed array. */
export const HeaderOffset = {
  dataOffset: 0,
  length: 4,
  originalLength: 8,
  l3: 12,
  l4: 13,
  parseFlags: 14,
  linkType: 15,
  l3Offset: 16,
  l4Offset: 18,
  payloadOffset: 20,
  pathVersion: 22,
  path: 24,
  hop: 26,
  direction: 27,
  verdict: 28,
  vlanCount: 29,
  dropReason: 30,
  ingressPort: 32,
  egressPort: 33,
  interfaceId: 34,
  flowHash: 36,
  flowId: 40,
  mark: 44,
  timestampSeconds: 48,
  timestampNanos: 52,
  scratch: 56,
} as const;

/**
 * The header by words of 32 bits, for loops that write it as a whole: `i32[(slot << 4) + HeaderWord.path]`. Where a word has
 * several fields they stand in it from the lowest bits up, in the order of the table above: on little-endian machines, which
 * `SlotHeaders` asks for.
 */
export const HeaderWord = {
  dataOffset: 0,
  length: 1,
  originalLength: 2,
  /** l3, l4, parseFlags, linkType. */
  kind: 3,
  /** l3Offset, l4Offset. */
  offsets: 4,
  /** payloadOffset, pathVersion. */
  payload: 5,
  /** path, hop, direction. */
  path: 6,
  /** verdict, vlanCount, dropReason. */
  verdict: 7,
  /** ingressPort, egressPort, interfaceId. */
  ports: 8,
  flowHash: 9,
  flowId: 10,
  mark: 11,
  timestampSeconds: 12,
  timestampNanos: 13,
  scratch: 14,
} as const;

/** Bytes kept free in front of every packet, so that an encapsulation never copies (two outer headers of 54 B fit). */
export const HEADROOM_BYTES = 128;
/** Slots start their data at four different cache lines in turn: a power-of-two stride alone would use one set. */
export const COLOURS = 4;
export const COLOUR_BYTES = 64;
/** Bytes of a slot that are never data: the headroom and the widest colour. */
export const SLOT_OVERHEAD_BYTES = HEADROOM_BYTES + (COLOURS - 1) * COLOUR_BYTES;

/** What the bytes at l3Offset are. */
export const Layer3 = { other: 0, arp: 1, ipv4: 4, ipv6: 6 } as const;

/** Bits of parseFlags. */
export const ParseFlag = {
  /** A header ends beyond the bytes present, or a length in it cannot be true. */
  malformed: 1,
  /** An IP fragment, first or later. */
  fragment: 2,
  /** An IP fragment that does not carry the L4 header. */
  laterFragment: 4,
  /** The capture kept fewer bytes than the packet had. */
  snapped: 8,
  /** The NF published a new tuple for the packet's flow; the manager installs it as an alias. */
  tuplePublished: 16,
  /** The checksum is only begun, and stored inverted; the packet may be one of many segments. Live ports that send finish it. */
  offload: 32,
} as const;

/** Numbers as in the pcap LINKTYPE registry where they fit a byte. */
export const LinkType = { null: 0, ethernet: 1, raw: 101, linuxSll: 113, linuxSll2: 20, unsupported: 255 } as const;

export const Direction = { forward: 0, reverse: 1 } as const;
export const VerdictKind = { forward: 0, drop: 1, reply: 2 } as const;

/** First data byte of a slot, from the slot's start: the headroom, coloured by slot index. */
export function initialDataOffset(slotIndex: number): number {
  return HEADROOM_BYTES + (slotIndex & (COLOURS - 1)) * COLOUR_BYTES;
}
