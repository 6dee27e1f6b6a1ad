/**
 * What the NAT keeps in control memory, its drop reasons and its counters.
 *
 *   table      key                                                     value
 *   bindings   protocol, inside address, inside port                   Binding words
 *   external   protocol, external address, external port               entry of the binding + 1, its generation
 *   flows      (flow id)                                               Flow words
 *   fragments  source, destination, direction | protocol | IPv4 id     the address that replaces the translated one
 *
 * A port is the ICMP identifier where the protocol is ICMP. A protocol without ports has the remote address there, on both
 * sides: one inside host at a time for each protocol, external and remote address. `bindings` and `external` say the same thing from two sides.
 * An interruption at any store leaves a pair of which one half does not name the other, and `Bindings.repair` removes it.
 */
import type { Context } from '../contract.js';
import { keyed, perFlow } from '../tables.js';
import type { NatOptions } from './options.js';

/** Words of a binding's value. */
export const Binding = {
  externalAddress: 0,
  externalPort: 1,
  /** TCP connections that are established through this binding, or `COUNT_UNKNOWN`. */
  established: 2,
  /** 1 from the final store on. */
  live: 3,
} as const;
const BINDING_WORDS = 4;

/** A connection without a flow id was established here: the count is no longer a reason to shorten the timeout. */
export const COUNT_UNKNOWN = 0xffffffff;

/** Words of an external entry's value. */
export const External = { bindingPlusOne: 0, generation: 1 } as const;
const EXTERNAL_WORDS = 2;

/** Words of a flow. The first two are a remembered lookup and are believed only after they were compared with the packet. */
export const Flow = { bindingPlusOne: 0, generation: 1, state: 2 } as const;
export const FLOW_WORDS = 3;

/** Bits of `Flow.state`. */
export const FlowState = {
  /** The translated tuple was given to the manager. */
  published: 1,
  /** A packet from inside belongs to the flow: what filtering by address and port asks for. */
  opened: 2,
  ackInside: 4,
  ackOutside: 8,
  finInside: 16,
  finOutside: 32,
  /** Counted in `Binding.established`. */
  established: 64,
  /** A FIN from both sides, or a RST from either. */
  closing: 128,
} as const;

/** Datagrams whose fragments are known at a time: at 30 s each, 34 fragmented datagrams a second. */
export const FRAGMENT_CAPACITY = 1024;
/** How long the fragments of a datagram may follow the first, in ms: the reassembly time that Linux uses. */
export const FRAGMENT_TIMEOUT_MS = 30_000;

/** Protocols that have ports to translate, and the index of their port maps; `none` for all others, which have no map. */
export const PortClass = { tcp: 0, udp: 1, icmp: 2, none: 3 } as const;
export const PORT_CLASSES = 3;

export const NAT_DROPS = [
  'nat-no-binding',
  'nat-filtered',
  'nat-ports-exhausted',
  'nat-table-full',
  'nat-unsupported',
  'nat-fragment',
  'nat-malformed',
  'nat-external-source',
  'nat-hairpin',
  'nat-ipv6',
] as const;
export type NatDrop = (typeof NAT_DROPS)[number];

export const NAT_COUNTERS = [
  'translated-out',
  'translated-in',
  'untranslated',
  'icmp-errors',
  'later-fragments',
  'bindings-created',
  'bindings-released',
  'bindings-repaired',
  'ports-preserved',
] as const;
export type NatCounter = (typeof NAT_COUNTERS)[number];

export function natTables(options: NatOptions) {
  const capacity = options.bindings;
  return {
    bindings: keyed({ keyWords: 3, valueWords: BINDING_WORDS, capacity }),
    external: keyed({ keyWords: 3, valueWords: EXTERNAL_WORDS, capacity }),
    flows: perFlow(FLOW_WORDS),
    fragments: keyed({ keyWords: 3, valueWords: 1, capacity: FRAGMENT_CAPACITY }),
  };
}

export type NatContext = Context<NatOptions, NatDrop, NatCounter, ReturnType<typeof natTables>>;
