/**
 * A record: one packet at one point, as it stands in a record ring.
 *
 * offset  bytes  field           content
 *   0      4     length          of the record, all of it: the ring's
 *   4      4     watches         a bit for each watch that it is for
 *   8      1     kind            RecordKind
 *   9      1     verdict         VerdictKind
 *  10      1     direction       Direction
 *  11      1     linkType        as in slot headers
 *  12      2     route           index of the service path, NO_ROUTE when there is none
 *  14      1     hop             on that path, as the manager has it; a VM's record names the function instead
 *  15      1     egressPort
 *  16      2     function        index of the network function whose verdict it is, NO_FUNCTION when it is nobody's
 *  18      2     reason          number of a drop reason, 0 for none
 *  20      1     ingressPort
 *  21      1     (free)
 *  22      2     textBytes
 *  24      4     seconds         timestamp
 *  28      4     nanos
 *  32      4     originalLength  bytes on the wire
 *  36      4     packetLength    bytes that the packet has
 *  40      4     captured        bytes of it that are here
 *  44      4     serial          of a traced packet; 0 for any other
 *  48      4     flowId
 *  52      n     packet, padded to 4; then the text: why, in UTF-8
 */
export const RECORD_HEADER_BYTES = 52;

/** `entered`: by a port. `passed`: a function has given its verdict. The others are the end of a packet's way. */
export const RecordKind = { entered: 0, passed: 1, sent: 2, dropped: 3, answered: 4 } as const;

export const NO_ROUTE = 0xffff;
export const NO_FUNCTION = 0xffff;
/** More of a text is cut off. */
export const MAX_TEXT_BYTES = 4096;

/** Byte offsets. Divide by the width for an index into the matching array. */
export const RecordOffset = {
  watches: 4, kind: 8, verdict: 9, direction: 10, linkType: 11, route: 12, hop: 14, egressPort: 15, function: 16, reason: 18, ingressPort: 20,
  textBytes: 22, seconds: 24, nanos: 28, originalLength: 32, packetLength: 36, captured: 40, serial: 44, flowId: 48,
} as const;

export interface RecordArrays {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** A record as a value of its own: what a reader keeps. */
export interface WatchedPacket {
  watches: number;
  kind: number;
  verdict: number;
  direction: number;
  linkType: number;
  route: number;
  hop: number;
  egressPort: number;
  function: number;
  reason: number;
  ingressPort: number;
  seconds: number;
  nanos: number;
  originalLength: number;
  packetLength: number;
  serial: number;
  flowId: number;
  bytes: Uint8Array;
  text: string;
}

const decoder = new TextDecoder();

/** For which watches a record is. */
export function watchesOf({ u32 }: RecordArrays, at: number): number {
  return u32[(at + RecordOffset.watches) >>> 2];
}

/** Takes a record out of a ring. */
export function readRecord({ u8, u16, u32 }: RecordArrays, at: number): WatchedPacket {
  const word = (offset: number): number => u32[(at + offset) >>> 2];
  const captured = word(RecordOffset.captured);
  const start = at + RECORD_HEADER_BYTES;
  const textAt = start + ((captured + 3) & ~3);
  return {
    watches: word(RecordOffset.watches),
    kind: u8[at + RecordOffset.kind],
    verdict: u8[at + RecordOffset.verdict],
    direction: u8[at + RecordOffset.direction],
    linkType: u8[at + RecordOffset.linkType],
    route: u16[(at + RecordOffset.route) >>> 1],
    hop: u8[at + RecordOffset.hop],
    egressPort: u8[at + RecordOffset.egressPort],
    function: u16[(at + RecordOffset.function) >>> 1],
    reason: u16[(at + RecordOffset.reason) >>> 1],
    ingressPort: u8[at + RecordOffset.ingressPort],
    seconds: word(RecordOffset.seconds),
    nanos: word(RecordOffset.nanos),
    originalLength: word(RecordOffset.originalLength),
    packetLength: word(RecordOffset.packetLength),
    serial: word(RecordOffset.serial),
    flowId: word(RecordOffset.flowId),
    bytes: u8.slice(start, start + captured),
    text: decoder.decode(u8.slice(textAt, textAt + u16[(at + RecordOffset.textBytes) >>> 1])),
  };
}
