/**
 * Hot: no allocation, no throw. Matching functions over one field of a packet: exact, prefix, range, mask, hash bucket.
 * As data they cross threads like a `Match`; a function of one's own is an object with `matches`, made where it is used.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HEADER_BYTES_LOG2, HeaderOffset } from '../memory/slot-layout.js';
import type { Packet } from '../packet/packet.js';
import type { Matcher } from './compile-match.js';
import { AddressMatcher } from './address-matcher.js';
import type { Prefix } from './match.js';
import { destinationPort, dscp, etherType, ipProtocol, ipVersion, sourcePort, vlanId } from './packet-fields.js';

/** Fields that are one number. Addresses here are IPv4; MACs have 48 bits, all others at most 32. */
export type Field =
  | 'ingressPort'
  | 'sourceMac'
  | 'destinationMac'
  | 'etherType'
  | 'vlan'
  | 'version'
  | 'protocol'
  | 'source'
  | 'destination'
  | 'sourcePort'
  | 'destinationPort'
  | 'dscp'
  | 'length'
  | 'mark';

/**
 * A packet without the field matches no function on it. `mask` compares the bits of `mask`. `hash-bucket` spreads by
 * the packet's flow hash: bucket `hash mod buckets`.
 */
export type MatchingFunction =
  | { readonly function: 'exact'; readonly field: Field; readonly value: number }
  | { readonly function: 'range'; readonly field: Field; readonly from: number; readonly to: number }
  | { readonly function: 'mask'; readonly field: Field; readonly mask: number; readonly value: number }
  | { readonly function: 'prefix'; readonly field: 'source' | 'destination'; readonly prefix: Prefix }
  | { readonly function: 'hash-bucket'; readonly buckets: number; readonly bucket: number };

/**
 * Makes a matching function ready for packets.
 * @param headers needed only for `ingressPort`, which stands in the slot header.
 * @throws RangeError for `ingressPort` without headers, and for a bucket that does not exist.
 */
export function compileFunction(matching: MatchingFunction, headers?: SlotHeaders): Matcher {
  if (matching.function === 'prefix') return new PrefixFunction(matching.prefix, matching.field);
  if (matching.function === 'hash-bucket') return new HashBucketFunction(matching.buckets, matching.bucket);
  const reader = new FieldReader(matching.field, headers);
  if (matching.function === 'mask') return new MaskFunction(reader, matching.mask, matching.value);
  if (matching.function === 'range') return new RangeFunction(reader, matching.from, matching.to);
  return new RangeFunction(reader, matching.value, matching.value);
}

class FieldReader {
  readonly #field: Field;
  readonly #headers: Uint8Array | null;

  constructor(field: Field, headers: SlotHeaders | undefined) {
    if (field === 'ingressPort' && headers === undefined) throw new RangeError('a function on ingressPort needs the slot headers');
    this.#field = field;
    this.#headers = headers?.u8 ?? null;
  }

  /** The field, or -1. */
  read(packet: Packet): number {
    switch (this.#field) {
      case 'ingressPort':
        return this.#headers![(packet.slotIndex << HEADER_BYTES_LOG2) + HeaderOffset.ingressPort];
      case 'sourceMac':
        return packet.ethernet()?.source ?? -1;
      case 'destinationMac':
        return packet.ethernet()?.destination ?? -1;
      case 'etherType':
        return etherType(packet);
      case 'vlan':
        return vlanId(packet);
      case 'version':
        return ipVersion(packet);
      case 'protocol':
        return ipProtocol(packet);
      case 'source':
        return packet.ipv4()?.source ?? -1;
      case 'destination':
        return packet.ipv4()?.destination ?? -1;
      case 'sourcePort':
        return sourcePort(packet);
      case 'destinationPort':
        return destinationPort(packet);
      case 'dscp':
        return dscp(packet);
      case 'length':
        return packet.length;
      case 'mark':
        return packet.mark;
    }
  }
}

class RangeFunction implements Matcher {
  readonly #reader: FieldReader;
  readonly #from: number;
  readonly #to: number;

  constructor(reader: FieldReader, from: number, to: number) {
    this.#reader = reader;
    this.#from = from;
    this.#to = to;
  }

  matches(packet: Packet): boolean {
    const value = this.#reader.read(packet);
    return value !== -1 && value >= this.#from && value <= this.#to;
  }
}

const HIGH = 2 ** 32;

class MaskFunction implements Matcher {
  readonly #reader: FieldReader;
  readonly #maskLow: number;
  readonly #maskHigh: number;
  readonly #low: number;
  readonly #high: number;

  constructor(reader: FieldReader, mask: number, value: number) {
    this.#reader = reader;
    this.#maskLow = mask | 0;
    this.#maskHigh = Math.floor(mask / HIGH);
    this.#low = value & mask;
    this.#high = Math.floor(value / HIGH) & this.#maskHigh;
  }

  matches(packet: Packet): boolean {
    const value = this.#reader.read(packet);
    if (value === -1 || (value & this.#maskLow) !== this.#low) return false;
    return this.#maskHigh === 0 || (Math.floor(value / HIGH) & this.#maskHigh) === this.#high;
  }
}

class PrefixFunction implements Matcher {
  readonly #set: AddressMatcher;
  readonly #isSource: boolean;

  constructor(prefix: Prefix, field: 'source' | 'destination') {
    this.#set = new AddressMatcher({ prefixes: [prefix], negated: false });
    this.#isSource = field === 'source';
  }

  matches(packet: Packet): boolean {
    const ipv4 = packet.ipv4();
    if (ipv4 !== null) return this.#set.hasIpv4(this.#isSource ? ipv4.source : ipv4.destination);
    const ip = packet.ipv6();
    if (ip === null) return false;
    return this.#isSource
      ? this.#set.hasIpv6(ip.sourceWord(0), ip.sourceWord(1), ip.sourceWord(2), ip.sourceWord(3))
      : this.#set.hasIpv6(ip.destinationWord(0), ip.destinationWord(1), ip.destinationWord(2), ip.destinationWord(3));
  }
}

class HashBucketFunction implements Matcher {
  readonly #buckets: number;
  readonly #bucket: number;

  constructor(buckets: number, bucket: number) {
    if (!Number.isInteger(buckets) || !Number.isInteger(bucket) || bucket < 0 || bucket >= buckets) {
      throw new RangeError(`bucket ${bucket} of ${buckets} does not exist`);
    }
    this.#buckets = buckets;
    this.#bucket = bucket;
  }

  matches(packet: Packet): boolean {
    return packet.flowHash % this.#buckets === this.#bucket;
  }
}
