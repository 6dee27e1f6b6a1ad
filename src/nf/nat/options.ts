/** Options of the NAT. What of them a schema cannot see is checked in option-problems.ts. */
import { z } from 'zod';

/** Most bindings: 2 buckets a binding in two tables, 184 B in all a binding and more when rounded up, so 0.4 GB at most. */
const MAX_BINDINGS = 1 << 21;
/** Longest timeout that may be asked for: a week. */
const MAX_TIMEOUT_SECONDS = 604_800;
/** Static translations are looked up by halving; more than these are no longer written by hand. */
const MAX_STATIC = 256;
/** Entries, each of a port or a range of ports. */
const MAX_PORT_FORWARDS = 256;
/** Compared one after the other, for the first packet of a flow. */
const MAX_EXCLUSIONS = 64;

const seconds = (byDefault: number) => z.int().min(1).max(MAX_TIMEOUT_SECONDS).default(byDefault);
const portNumber = (lowest: number) => z.int().min(lowest).max(65_535);
const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);
const forwardable = z.enum(['tcp', 'udp']);

const staticPair = z.strictObject({
  /** An address, or a prefix. */
  inside: z.string(),
  /** An address, or a prefix of the same length. None of `external`. */
  external: z.string(),
});

const portForward = z.strictObject({
  protocol: z.union([forwardable, z.array(forwardable).min(1).max(2)]),
  /** One of the addresses of `external`: the first when absent. */
  external: z.string().optional(),
  /** External port, or the first and last of a range. */
  port: z.union([portNumber(1), z.tuple([portNumber(1), portNumber(1)])]),
  /** Inside address. */
  to: z.string(),
  /** Inside port, or the first of as many as there are external ones: the same as outside when absent. */
  toPort: portNumber(1).optional(),
});

export const natOptions = z.strictObject({
  /**
   * IPv4 addresses that inside hosts appear as: `203.0.113.1`, `203.0.113.8/29` (all of its addresses), or a list of these.
   * Without them, only static translations are made.
   */
  external: oneOrMore.optional(),
  /** IPv4 prefixes whose hosts are translated. Everything else passes untouched. */
  inside: oneOrMore.default('0.0.0.0/0'),
  /** External ports of TCP and UDP that may be given out: first and last. */
  ports: z.tuple([portNumber(1), portNumber(1)]).default([1024, 65_535]),
  /** External ICMP identifiers that may be given out: first and last. */
  identifiers: z.tuple([portNumber(0), portNumber(0)]).default([0, 65_535]),
  /**
   * Who may answer through a binding: anyone (RFC 4787 section 5), an address that was sent to, or only an address and port
   * that was sent to.
   */
  filtering: z.enum(['endpoint-independent', 'address', 'address-and-port']).default('endpoint-independent'),
  /** Whether inside hosts reach each other by their external addresses (RFC 4787 REQ-9). */
  hairpinning: z.boolean().default(true),
  /** Whose packets keep a binding alive that is not of an established TCP connection (RFC 4787 REQ-6). */
  refresh: z.enum(['outbound', 'both']).default('outbound'),
  /** One-to-one translations, both ways and for all protocols that can be translated. */
  static: z.array(staticPair).max(MAX_STATIC).default([]),
  /** External ports of TCP and UDP that lead to a port of an inside host. */
  portForwards: z.array(portForward).max(MAX_PORT_FORWARDS).default([]),
  /** Packets that are not translated: matches as in paths and firewall rules, seen from inside. */
  exclude: z.array(z.string()).max(MAX_EXCLUSIONS).default([]),
  /** What happens to IPv6, which is not translated. */
  ipv6: z.enum(['pass', 'drop']).default('pass'),
  /** Most bindings at a time, those of forwarded ports included. */
  bindings: z.int().min(1).max(MAX_BINDINGS).default(65_536),
  /** How long a binding lives without traffic, in packet time. */
  timeouts: z
    .strictObject({
      /** RFC 4787 REQ-5: at least 120, 300 recommended. */
      udpSeconds: seconds(300),
      /** RFC 5382 REQ-5: at least 7440 (2 h 4 min). */
      tcpEstablishedSeconds: seconds(7440),
      /** RFC 5382 REQ-5, opening and closing connections: at least 240. */
      tcpTransitorySeconds: seconds(240),
      /** RFC 5508 REQ-2: at least 60. */
      icmpSeconds: seconds(60),
      /** Protocols without ports. No RFC says: what Linux gives a protocol that it does not know. */
      otherSeconds: seconds(600),
    })
    .prefault({}),
});

export type NatInput = z.input<typeof natOptions>;
export type NatOptions = z.output<typeof natOptions>;
