/**
 * What rules keep of a flow: words of its entry in the table `ruleFlows`, zero when the flow is new.
 *
 * word  content
 *  0    generation of the rules that the words belong to
 *  1    RuleFlowFlag bits
 *  2    flowbits 0-31, 3  flowbits 32-63
 *  4    first direction (10 words), 14  second direction (10 words):
 *       +0  index + 1 of the window in which the stream is put together
 *       +1  sequence number of the window's first byte
 *       +2  state of the automaton behind the contiguous bytes
 *       +3  1 when the window's first byte is the stream's first one
 *       +4  Phase of the application's messages
 *       +5  bytes of a body that are still to come
 *       +6  offset in the window of the message, or of the first byte not taken apart yet
 *       +7  offset in the window of the message's body
 *       +8  1 when word +1 holds
 */
export const RULE_FLOW_WORDS = 24;

export const RuleFlowWord = { generation: 0, flags: 1, flowbits: 2, sides: 4 } as const;

export const RULE_SIDE_WORDS = 10;

export const RuleSideWord = { window: 0, base: 1, state: 2, atStart: 3, phase: 4, remaining: 5, pending: 6, body: 7, isKnown: 8 } as const;

export const RuleFlowFlag = {
  /** Packets have come in the forward direction, in the reverse one. */
  forwardSeen: 1,
  reverseSeen: 2,
  /** A rule passes the flow: nothing more is looked at. */
  passed: 4,
  /** The latest request was HEAD, CONNECT: its answer has no body, is followed by another protocol. */
  head: 8,
  connect: 16,
  /** A SYN was seen: without one, a connection counts as established. */
  synSeen: 32,
} as const;

/** Where the messages of one direction are. */
export const Phase = {
  /** At the beginning of a message. */
  message: 0,
  /** In a body of known length that rules look into. */
  countedBody: 1,
  /** In a body of chunks that rules look into. */
  chunkedBody: 2,
  /** In a body that ends with the stream, which rules look into. */
  openBody: 3,
  /** In a body that is skipped: of known length, of chunks, in the lines behind the last chunk. */
  skipCounted: 4,
  skipChunks: 5,
  trailer: 6,
  /** Nothing that can be taken apart, or nothing more to find. */
  over: 7,
} as const;
