/** Options of the NAT. What of them a schema cannot see is checked in option-problems.ts. */
import { z } from 'zod';

/** Most bindings: 80 B each in two tables, 116 where remotes are kept too, and 16 to 24 a table for the index, so some 0.4 GB at most. */
const MAX_BINDINGS = 1 << 21;
/** Longest timeout that may be asked for: a week. */
const MAX_TIMEOUT_SECONDS = 604_800;
/** Static translations are looked up by halving; more than these are no longer written by hand. */
const MAX_STATIC = 256;
/** More ICMP errors in a second than anybody needs. */
const MAX_ERRORS = 1_000_000;
/** Entries, each of a port or a range of ports. */
const MAX_PORT_FORWARDS = 256;
/** Compared one after the other, for the first packet of a flow. */
const MAX_EXCLUSIONS = 64;

/** 2 KiB each, in the VM's own memory: 8 MiB. */
const MAX_HELD_FRAGMENTS = 4096;

const seconds = (byDefault: number) => z.int().min(1).max(MAX_TIMEOUT_SECONDS).default(byDefault);
const portNumber = (lowest: number) => z.int().min(lowest).max(65_535);
const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);
const forwardable = z.enum(['tcp', 'udp']);

const staticPair = z.strictObject({
  inside: z.string().describe('an address, or a prefix'),
  external: z.string().describe('an address, or a prefix of the same length; none of the NAT\'s `external`'),
});

const portForward = z.strictObject({
  protocol: z.union([forwardable, z.array(forwardable).min(1).max(2)]).describe('tcp, udp, or both in a list'),
  external: z.string().optional().describe('one of the addresses of the NAT\'s `external`: the first when absent'),
  port: z.union([portNumber(1), z.tuple([portNumber(1), portNumber(1)])]).describe('external port, or the first and last of a range'),
  to: z.string().describe('inside address'),
  toPort: portNumber(1).optional().describe('inside port, or the first of as many as there are external ones: the same as outside when absent'),
});

export const natOptions = z.strictObject({
  external: oneOrMore.optional()
    .describe('IPv4 addresses that inside hosts appear as: one, a prefix (all of its addresses), or a list of these; without them only static translations are made'),
  inside: oneOrMore.default('0.0.0.0/0').describe('IPv4 prefixes whose hosts are translated; everything else passes untouched'),
  ports: z.tuple([portNumber(1), portNumber(1)]).default([1024, 65_535]).describe('external ports of TCP and UDP that may be given out: first and last'),
  portSelection: z.enum(['preserve', 'preserve-or-random', 'random']).default('preserve')
    .describe('which port a binding gets: the one that the host has while it is free, else the next; else a random one; or always a random one (RFC 6056). Of the same parity in any case'),
  portSeed: z.int().min(0).max(0xffff_ffff).optional().describe('makes random ports repeatable: for tests only, because whoever knows it knows the ports'),
  identifiers: z.tuple([portNumber(0), portNumber(0)]).default([0, 65_535]).describe('external ICMP identifiers that may be given out: first and last'),
  filtering: z.enum(['endpoint-independent', 'address', 'address-and-port']).default('endpoint-independent')
    .describe('who may answer through a binding: anyone, an address that was sent to, or only an address and port that was sent to (RFC 4787 section 5)'),
  hairpinning: z.boolean().default(true).describe('whether inside hosts reach each other by their external addresses (RFC 4787 REQ-9)'),
  refresh: z.enum(['outbound', 'both']).default('outbound')
    .describe('whose packets keep a binding alive that is not of an established TCP connection (RFC 4787 REQ-6)'),
  static: z.array(staticPair).max(MAX_STATIC).default([]).describe('one-to-one translations, both ways and for all protocols that can be translated'),
  portForwards: z.array(portForward).max(MAX_PORT_FORWARDS).default([]).describe('external ports of TCP and UDP that lead to a port of an inside host'),
  exclude: z.array(z.string()).max(MAX_EXCLUSIONS).default([])
    .describe('packets that are not translated: matches as in paths and firewall rules, seen from inside'),
  ipv6: z.enum(['pass', 'drop']).default('pass').describe('what happens to IPv6, which is not translated'),
  icmpErrorsPerSecond: z.int().min(0).max(MAX_ERRORS).default(1000)
    .describe('most ICMP errors in a second that tell inside hosts that there is no room for what they send (RFC 5508 REQ-8); 0: none (REQ-9)'),
  quotedChecksums: z.enum(['verify', 'ignore']).default('verify')
    .describe('what happens to ICMP errors that quote an IP header with a wrong checksum: dropped (RFC 5508 REQ-3a), or translated all the same'),
  heldFragments: z.int().min(0).max(MAX_HELD_FRAGMENTS).default(64)
    .describe('fragments to a shared address that are kept, for two seconds, until their first one says whose they are (RFC 4787 REQ-14); 0: none'),
  bindings: z.int().min(1).max(MAX_BINDINGS).default(65_536).describe('most bindings at a time, those of forwarded ports included'),
  timeouts: z
    .strictObject({
      /** RFC 4787 REQ-5: at least 120, 300 recommended. */
      udpSeconds: seconds(300).describe('idle UDP binding'),
      /** RFC 5382 REQ-5: at least 7440 (2 h 4 min). */
      tcpEstablishedSeconds: seconds(7440).describe('idle binding with an established TCP connection'),
      /** RFC 5382 REQ-5, opening and closing connections: at least 240. */
      tcpTransitorySeconds: seconds(240).describe('binding of opening, closing and closed TCP connections'),
      /** RFC 5508 REQ-2: at least 60. */
      icmpSeconds: seconds(60).describe('binding of ICMP queries'),
      /** No RFC says: what Linux gives a protocol that it does not know. */
      otherSeconds: seconds(600).describe('binding of a protocol without ports'),
    })
    .prefault({})
    .describe('how long a binding lives without traffic, in packet time'),
});

export type NatInput = z.input<typeof natOptions>;
export type NatOptions = z.output<typeof natOptions>;
