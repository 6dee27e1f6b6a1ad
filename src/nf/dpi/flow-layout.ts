/**
 * What the DPI keeps of a flow: words of its entry in the per-flow table, zero when the flow is new.
 *
 * word  content
 *  0    FlowFlag bits; number of the protocol (bits 0-7) and of the one that is only supposed (bits 8-15)
 *  1    token of the supposed protocol; once the flow has a name, hash of its host
 *  2    signature that waits for the flow's protocol to be known: its index + 1
 *  3    generation of the signatures that the scan states below belong to
 *  4    first direction (8 words), 12  second direction (8 words):
 *       +0  SideFlag bits; packets looked at (bits 0-7), payload bytes looked at (bits 8-23)
 *       +1  sequence number of the next byte to classify, or of the first byte in the buffer
 *       +2  index + 1 of the stream's buffer
 *       +3  sequence number of the next byte to scan
 *       +4  states of the two automata there (16 bits each)
 *       +5  sequence numbers of the first byte of a hole in what was scanned,
 *       +6  and of the first byte after it (equal: there is no hole)
 *       +7  states of the automata at the hole's beginning
 */
export const FLOW_WORDS = 20;

export const FlowWord = { status: 0, token: 1, waiting: 2, generation: 3, sides: 4 } as const;

export const SIDE_WORDS = 8;

export const SideWord = { looked: 0, next: 1, buffer: 2, scanNext: 3, scanState: 4, holeStart: 5, holeEnd: 6, holeState: 7 } as const;

export const PROTOCOL_MASK = 0xff;
export const SUPPOSED_SHIFT = 8;
export const SUPPOSED_MASK = 0xff00;

/** Bits of the status word. */
export const FlowFlag = {
  /** Nothing more is looked for: the protocol is known with its host, or the budget is used up. */
  over: 1 << 16,
  /** A signature said so: every packet is dropped. */
  dropped: 1 << 17,
  /** The options block the protocol or the host: every packet is dropped. */
  blocked: 1 << 18,
  /** It is known which direction is the client's. */
  clientKnown: 1 << 19,
  /** That direction is the reverse one. */
  clientIsReverse: 1 << 20,
  /** The client was known by a SYN or by content, not by who came first. */
  clientIsSure: 1 << 21,
  /** A host name was found. */
  hostKnown: 1 << 22,
  /** It stays, though each message has a name of its own. */
  hostSettled: 1 << 23,
  /** The token of what is supposed came from the reverse direction. */
  supposedByReverse: 1 << 24,
  /** The other direction has another one, which was passed over once. */
  otherToken: 1 << 25,
} as const;

export const PACKETS_MASK = 0xff;
export const BYTES_SHIFT = 8;
export const BYTES_MASK = 0xffff00;
export const MAX_BYTES_LOOKED = 0xffff;

/** Bits of a direction's first word. */
export const SideFlag = {
  /** `next` holds. */
  nextKnown: 1 << 24,
  /** `scanNext` holds. */
  scanKnown: 1 << 25,
  /** The budget of this direction is used up. */
  over: 1 << 26,
} as const;
