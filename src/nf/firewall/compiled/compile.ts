/**
 * Rules compiled: for each field of a packet, which rules its value leaves. Asking a packet costs one step for each field
 * and the combining of five sets, however many rules there are. Runs on the main thread; the result crosses to the VM.
 */
import type { Match } from '../../../flow/match.js';
import { EtherType } from '../../../packet/protocols.js';
import type { Rule } from '../rule.js';
import { addressIntervals, classesOf, MAX_ADDRESS, portIntervals, type Classes } from './intervals.js';
import { RuleBits, type PackedBits } from './rule-bits.js';

/** Kinds of packets in one direction: protocols of IPv4, those of IPv6, ARP, all else. */
export const KINDS = 514;
export const IPV6_KINDS = 256;
export const ARP_KIND = 512;
export const OTHER_KIND = 513;

/** Values by bound: `sets[k]` from `bounds[k]` on. An IPv6 bound has four words. */
interface AddressTable {
  readonly bounds: Uint32Array;
  readonly sets: Uint32Array;
  readonly none: number;
}

export interface CompiledRules {
  readonly bits: PackedBits;
  /** By direction and kind: those of the reverse direction stand behind those of the forward one. */
  readonly kinds: Uint32Array;
  readonly sources4: AddressTable;
  readonly destinations4: AddressTable;
  readonly sources6: AddressTable;
  readonly destinations6: AddressTable;
  /** By port; the last one is that of a packet without ports. */
  readonly sourcePorts: Uint32Array;
  readonly destinationPorts: Uint32Array;
}

export function compileRules(rules: readonly Rule[]): CompiledRules {
  const bits = new RuleBits(rules.length);
  const addresses = (end: 'source' | 'destination', version: 4 | 6): AddressTable =>
    addressTable(classesOf(rules.map(({ match }) => addressIntervals(match[end], version)), MAX_ADDRESS[version], bits), version);
  const ports = (field: 'sourcePorts' | 'destinationPorts'): Uint32Array =>
    portTable(classesOf(rules.map(({ match }) => portIntervals(match[field])), BigInt(PORTS - 1), bits));
  const kinds = Uint32Array.from(['out', 'in'].flatMap((direction) => kindSets(rules, direction, bits)));
  const compiled = {
    kinds,
    sources4: addresses('source', 4), destinations4: addresses('destination', 4),
    sources6: addresses('source', 6), destinations6: addresses('destination', 6),
    sourcePorts: ports('sourcePorts'), destinationPorts: ports('destinationPorts'),
  };
  return { bits: bits.pack(), ...compiled };
}

function kindSets(rules: readonly Rule[], direction: string, bits: RuleBits): number[] {
  const drafts = Array.from({ length: KINDS }, () => bits.draft());
  const add = (rule: number, kind: number): void => {
    drafts[kind][rule >>> 5] |= 1 << (rule & 31);
  };
  rules.forEach((rule, index) => {
    if (rule.direction !== 'both' && rule.direction !== direction) return;
    for (const kind of kindsOf(rule.match)) add(index, kind);
  });
  return drafts.map((draft) => bits.add(draft));
}

/** Kinds that the match can be about. */
function kindsOf({ version, protocol, etherType, source, destination }: Match): number[] {
  const isIpOnly = version !== undefined || protocol !== undefined;
  const kinds: number[] = [];
  for (const [each, first, type] of [[4, 0, EtherType.ipv4], [6, IPV6_KINDS, EtherType.ipv6]] as const) {
    if (etherType !== undefined && etherType !== type) continue;
    if (version !== undefined && version !== 'any' && version !== each) continue;
    const isEmpty = [source, destination].some((set) => set !== undefined && !set.negated && !set.prefixes.some((prefix) => prefix.version === each));
    if (!isEmpty) for (const number of protocol ?? ALL_PROTOCOLS) kinds.push(first + number);
  }
  if (!isIpOnly && (etherType === undefined || etherType === EtherType.arp)) kinds.push(ARP_KIND);
  if (!isIpOnly && etherType !== EtherType.arp) kinds.push(OTHER_KIND);
  return kinds;
}

const PORTS = 65536;
const ALL_PROTOCOLS = Array.from({ length: 256 }, (_, protocol) => protocol);

function addressTable({ bounds, sets, none }: Classes, version: 4 | 6): AddressTable {
  const words = version === 4 ? [0n] : [96n, 64n, 32n, 0n];
  return {
    bounds: Uint32Array.from(bounds.flatMap((bound) => words.map((shift) => Number((bound >> shift) & 0xffffffffn)))),
    sets: Uint32Array.from(sets),
    none,
  };
}

function portTable({ bounds, sets, none }: Classes): Uint32Array {
  const table = new Uint32Array(PORTS + 1);
  bounds.forEach((bound, k) => {
    table.fill(sets[k], Number(bound), k + 1 < bounds.length ? Number(bounds[k + 1]) : PORTS);
  });
  table[PORTS] = none;
  return table;
}
