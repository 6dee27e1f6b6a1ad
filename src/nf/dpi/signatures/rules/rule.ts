/** One rule, read and checked: plain data that crosses threads. */
import type { RegexFlags } from '../regex/syntax-tree.js';
import type { BufferName } from './buffers.js';

/** Bytes to be found. */
export interface ContentItem {
  kind: 'content';
  bytes: Uint8Array;
  nocase: boolean;
  negated: boolean;
  /** Of the buffer: where the search begins, and the bytes that it may take up from there; null: all. */
  offset: number;
  depth: number | null;
  /** After the match before: bytes to skip, and the bytes that skip and match may take up; null: not relative. */
  distance: number | null;
  within: number | null;
  /** It must end where the buffer ends. */
  endsWith: boolean;
  fastPattern: boolean;
}

/** An expression to be found. */
export interface PatternItem {
  kind: 'pcre';
  /** One character a byte. */
  pattern: string;
  flags: RegexFlags;
  negated: boolean;
  relative: boolean;
}

/** Whether there are bytes at a distance. */
export interface DataAtItem {
  kind: 'isdataat';
  at: number;
  negated: boolean;
  relative: boolean;
}

/** How many bytes the buffer has. */
export interface SizeItem {
  kind: 'bsize';
  least: number;
  most: number;
  negated: boolean;
}

/** How a number in the bytes is to compare. `and`: they have a bit in common; `differs`: a bit in which they differ. */
export const Comparison = { equal: 0, less: 1, greater: 2, atMost: 3, atLeast: 4, and: 5, differs: 6 } as const;
export type Comparison = (typeof Comparison)[keyof typeof Comparison];

/** A number in the bytes, compared with another: of up to 64 bits, as two words of 32. */
export interface ByteTestItem {
  kind: 'byte_test';
  bytes: number;
  comparison: Comparison;
  negated: boolean;
  high: number;
  low: number;
  /** From the beginning of the buffer, or from where the match before ended. */
  at: number;
  relative: boolean;
  littleEndian: boolean;
  /** Digits to this base; 0: binary. */
  base: 0 | 8 | 10 | 16;
  /** Bits that count, moved down to the lowest; all ones: the number as it is. */
  maskHigh: number;
  maskLow: number;
}

export type RuleItem = ContentItem | PatternItem | DataAtItem | SizeItem | ByteTestItem;

/** What must be in one buffer, in the order of the rule. */
export interface BufferPart {
  buffer: BufferName;
  items: RuleItem[];
}

/** Pairs of first and last: IPv4 as u32, IPv6 as four words each. */
export interface AddressSet {
  any: boolean;
  v4: Uint32Array;
  v6: Uint32Array;
}

export interface FlowbitsCommand {
  command: 'set' | 'unset' | 'toggle' | 'isset' | 'isnotset';
  names: string[];
}

export interface Threshold {
  /** `detection` alerts beyond the count, the others as Suricata says. */
  type: 'limit' | 'threshold' | 'both' | 'detection';
  track: 'by_src' | 'by_dst' | 'by_both' | 'by_rule';
  count: number;
  seconds: number;
}

export interface NumberTest {
  least: number;
  most: number;
  negated: boolean;
}

export interface Rule {
  /** `reject`: the packet is dropped, and its sender told. */
  action: 'alert' | 'reject' | 'drop' | 'pass';
  /** As the header says: `tcp`, `http`. */
  protocol: string;
  source: AddressSet;
  sourcePorts: Uint16Array;
  destination: AddressSet;
  destinationPorts: Uint16Array;
  bidirectional: boolean;
  message: string;
  sid: number;
  gid: number;
  rev: number;
  classtype: string;
  priority: number;
  references: string[];
  metadata: Record<string, string[]>;
  direction: 'any' | 'to-server' | 'to-client';
  state: 'any' | 'established' | 'not-established';
  scope: 'any' | 'only-stream' | 'no-stream';
  flowbits: FlowbitsCommand[];
  noalert: boolean;
  dsize: NumberTest | null;
  itype: NumberTest | null;
  icode: NumberTest | null;
  ttl: NumberTest | null;
  threshold: Threshold | null;
  parts: BufferPart[];
}
