/**
 * What the NAT keeps in control memory, its drop reasons and its counters.
 *
 *   table      key                                                            value
 *   bindings   protocol, inside address, inside port                          Binding words
 *   external   protocol, external address, external port                      place of the binding, its serial
 *   peers      external address, protocol | port, remote address and port     place of the binding, its serial
 *   flows      (flow id)                                                      Flow words
 *   fragments  source, destination, direction | protocol | IPv4 id            Fragment words
 *
 * A port is the ICMP identifier where the protocol is ICMP. A protocol without ports has the remote address there, on both
 * sides: one inside host at a time for each protocol, external and remote address. `bindings` and `external` say the same
 * thing from two sides. An interruption at any store leaves a pair of which one half does not name the other, and
 * `repairBindings` removes it. Static translations (static-map.ts) need no table: they are computed.
 */
import type { Context } from '../contract.js';
import { keyed, perFlow } from '../tables.js';
import type { NatOptions } from './options.js';

/** Words of a binding, key and value, from the place of its key on: what others remember of a binding is that place. */
export const Binding = {
  protocol: 0,
  insideAddress: 1,
  insidePort: 2,
  externalAddress: 3,
  externalPort: 4,
  /** Tells a binding from a later one in the same place. Zero until the final store of its making: it is not valid. */
  serial: 5,
  /** Second of packet time from which on it has timed out. The table's own expiry is never later. */
  expires: 6,
  /** TCP connections that are established through this binding, or `COUNT_UNKNOWN`. */
  established: 7,
  /** BindingKind. */
  kind: 8,
} as const;
const BINDING_KEY_WORDS = 3;
const BINDING_VALUE_WORDS = 6;

/** `forwarded`: made by the configuration for a forwarded port. It never times out, and lets everybody in. */
export const BindingKind = { dynamic: 0, forwarded: 1 } as const;

/** In place of an address, which is an int32 all through the NAT: 0.0.0.0 is no host's. */
export const NO_ADDRESS = 0;

/** In place of a binding: there is none. No binding has this place, because an entry has words in front of its key. */
export const NONE = 0;

/** A connection without a flow id was established here: the count is no longer a reason to shorten the timeout. */
export const COUNT_UNKNOWN = 0xffffffff;

/** Second that never comes. */
export const NEVER = 0xffffffff;

/** Words of an external entry's value. */
export const External = { binding: 0, serial: 1 } as const;
const EXTERNAL_WORDS = 2;

/** Words of a remote that was sent to. */
export const Peer = { binding: 0, serial: 1 } as const;
const PEER_WORDS = 2;

/** Words of a flow. The first two are a remembered lookup and are believed only after they were compared with the packet. */
export const Flow = { binding: 0, serial: 1, state: 2 } as const;
export const FLOW_WORDS = 3;

/** Bits of `Flow.state`; the number of the options that `excluded`, `admitted` and `direct` were decided by is above them. */
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
  /** A FIN from both sides. */
  closing: 128,
  /** Both ends are inside; `Flow.binding` is that of the end that spoke first. */
  hairpin: 256,
  /** TCP or UDP through a dynamic or forwarded binding, one end translated: later packets take the short way. */
  direct: 512,
  /** The filter lets packets from outside in. */
  admitted: 1024,
  /** An exclusion rule says that the flow is not translated. */
  excluded: 2048,
} as const;
export const DECIDED = FlowState.direct | FlowState.admitted | FlowState.excluded;
export const OPTIONS_SHIFT = 16;
export const OPTIONS_MASK = 0xffff;

/** Words of a fragmented datagram: what its addresses become, and whether it turns back. */
export const Fragment = { source: 0, destination: 1, turnsBack: 2 } as const;
const FRAGMENT_WORDS = 3;

/** Datagrams whose fragments are known at a time: at 30 s each, 34 fragmented datagrams a second. */
export const FRAGMENT_CAPACITY = 1024;
/** How long the fragments of a datagram may follow the first, in ms: the reassembly time that Linux uses. */
export const FRAGMENT_TIMEOUT_MS = 30_000;

/** Remotes that are noted where only inside hosts that write to each other need it (see peers.ts). */
const HAIRPIN_PEERS = 1024;

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
  'nat-fragment-held',
  'nat-malformed',
  'nat-checksum',
  'nat-external-source',
  'nat-hairpin',
  'nat-ipv6',
] as const;
export type NatDrop = (typeof NAT_DROPS)[number];

export const NAT_COUNTERS = [
  'translated-out',
  'translated-in',
  'hairpinned',
  'untranslated',
  'excluded',
  'icmp-errors',
  'later-fragments',
  'early-fragments',
  'fragments-sent-on',
  'bytes-buffered',
  'bindings-created',
  'bindings-released',
  'bindings-repaired',
  'ports-preserved',
  'parity-lost',
  'refused-with-error',
] as const;
export type NatCounter = (typeof NAT_COUNTERS)[number];

export function natTables(options: NatOptions) {
  const capacity = options.bindings;
  return {
    bindings: keyed({ keyWords: BINDING_KEY_WORDS, valueWords: BINDING_VALUE_WORDS, capacity }),
    external: keyed({ keyWords: 3, valueWords: EXTERNAL_WORDS, capacity }),
    peers: keyed({ keyWords: 4, valueWords: PEER_WORDS, capacity: options.filtering === 'address' ? capacity : HAIRPIN_PEERS }),
    flows: perFlow(FLOW_WORDS),
    fragments: keyed({ keyWords: 3, valueWords: FRAGMENT_WORDS, capacity: FRAGMENT_CAPACITY }),
  };
}

export type NatContext = Context<NatOptions, NatDrop, NatCounter, ReturnType<typeof natTables>>;
