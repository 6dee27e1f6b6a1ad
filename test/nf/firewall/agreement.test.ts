import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firewall, type FirewallInput } from '../../../src/nf/firewall/index.js';
import { harness } from '../../../src/nf/harness.js';
import { arpRequest, icmpEcho4, icmpEcho6, icmpError4, icmpError6, ip4, tcp4, tcp6, udp4, udp6 } from '../../support/packets.js';
import { read, ReferenceFirewall, ruleText, TIMEOUTS, type ReferenceOptions, type RuleSpec, type StateName } from './reference.js';

// A small world, so that random packets meet each other's connections and random rules meet packets.
const INSIDE4 = ['10.0.0.1', '10.0.0.2'];
const OUTSIDE4 = ['192.0.2.1', '192.0.2.2'];
const INSIDE6 = ['fd00::1', 'fd00::2'];
const OUTSIDE6 = ['2001:db8::1', '2001:db8::2'];
const INSIDE_PORTS = [1000, 1001];
const OUTSIDE_PORTS = [53, 80];

const addresses = fc.constantFrom<string[][]>(
  [...INSIDE4, ...INSIDE6], [...OUTSIDE4, ...OUTSIDE6], [INSIDE4[0], INSIDE6[0]], [OUTSIDE4[0]], [INSIDE4[1], OUTSIDE6[0]],
);
const range = fc.constantFrom<[number, number][]>([53, 53], [80, 1000], [0, 1000], [1001, 65535]);
const often = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const rule: fc.Arbitrary<RuleSpec> = fc
  .record({
    action: fc.constantFrom('allow', 'allow', 'allow', 'deny', 'count'),
    direction: fc.constantFrom('in', 'out', 'out', 'both'),
    protocol: fc.constantFrom('any', 'any', 'ip', 'ip4', 'ip6', 'arp', 'tcp', 'tcp', 'tcp', 'udp', 'icmp', 'icmp', 'icmp6', 'proto gre'),
    from: often(addresses),
    to: often(addresses),
    notTo: fc.boolean(),
    fromPorts: often(range),
    toPorts: often(range),
    synOnly: fc.boolean(),
    type: often(fc.constantFrom(0, 3, 8, 11, 128, 129)),
    states: fc.option(fc.subarray<StateName>(['new', 'established', 'related', 'invalid', 'untracked'], { minLength: 1 }), { nil: undefined, freq: 3 }),
  })
  .map((spec) => {
    const { action, direction, protocol, from, to, notTo, fromPorts, toPorts, synOnly, type, states } = spec;
    const isFamily = (version: 4 | 6) => (address: string) => address.includes(':') === (version === 6);
    const version = protocol === 'ip4' || protocol === 'icmp' ? 4 : protocol === 'ip6' || protocol === 'icmp6' ? 6 : null;
    // The language refuses addresses of a family that the rule cannot meet, and parts that the protocol does not have.
    const fits = (list: string[] | undefined) => list !== undefined && protocol !== 'arp' && (version === null || list.some(isFamily(version)));
    const hasPorts = protocol === 'tcp' || protocol === 'udp';
    return {
      action, direction, protocol,
      ...(fits(from) && { from }),
      ...(fits(to) && { to, notTo }),
      ...(hasPorts && fromPorts !== undefined && { fromPorts }),
      ...(hasPorts && toPorts !== undefined && { toPorts }),
      ...(protocol === 'tcp' && { synOnly }),
      ...((protocol === 'icmp' || protocol === 'icmp6') && type !== undefined && { type }),
      ...(states !== undefined && { states }),
    } as RuleSpec;
  });

const options: fc.Arbitrary<ReferenceOptions> = fc.record({
  rules: fc.array(rule, { maxLength: 8 }),
  default: fc.constantFrom('deny', 'deny', 'allow'),
  stateful: fc.constantFrom(true, true, true, true, 'explicit' as const, false),
  invalid: fc.constantFrom('rules', 'drop'),
  malformed: fc.constantFrom('drop', 'pass'),
}).map((all) => (all.stateful === false ? { ...all, rules: all.rules.map(({ states: _, ...rule }) => rule) } : all));

interface Event {
  kind: 'tcp' | 'udp' | 'echo' | 'error' | 'redirect' | 'gre' | 'arp' | 'malformed' | 'first' | 'later' | 'update';
  /** Of the same connection as the packet before. */
  isAgain: boolean;
  isIn: boolean;
  isIpv6: boolean;
  inside: number;
  outside: number;
  insidePort: number;
  outsidePort: number;
  flags: number;
  /** How far the ends have come, for whom all goes well, and by how much this packet is off. */
  sequenceOff: number;
  acknowledgementOff: number;
  isRequest: boolean;
  /** An error goes to the wrong host. */
  isAstray: boolean;
  vlan: boolean;
  waitMs: number;
  next: ReferenceOptions;
}

// Mostly the same ends and ports: connections should be met again.
const bit = fc.constantFrom(0, 0, 0, 0, 1);
const event: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom(
    'tcp', 'tcp', 'tcp', 'udp', 'udp', 'echo', 'echo', 'error', 'redirect', 'gre', 'gre', 'arp', 'arp',
    'malformed', 'malformed', 'malformed', 'first', 'later', 'later', 'update', 'update',
  ),
  isAgain: fc.constantFrom(true, true, true, true, false),
  isIn: fc.boolean(),
  isIpv6: fc.constantFrom(false, false, false, true),
  inside: bit,
  outside: bit,
  insidePort: bit,
  outsidePort: bit,
  flags: fc.constantFrom(0x02, 0x02, 0x12, 0x12, 0x10, 0x10, 0x10, 0x11, 0x11, 0x04, 0x14, 0x00, 0x03, 0x30),
  sequenceOff: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 5, 900, 3000, 100_000, -1, -5, -900, -100_000),
  acknowledgementOff: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 900, -1, -900, -70_000),
  isRequest: fc.boolean(),
  isAstray: fc.constantFrom(false, false, false, true),
  vlan: fc.constantFrom(false, false, true),
  waitMs: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 1, 500) },
    { weight: 1, arbitrary: fc.constantFrom(9999, 10_000, 15_000, 20_000, 49_000, 50_001) },
  ),
  next: options,
});

/** The event, or, when it is one more packet of the connection before, that with the event's own direction, flags and time. */
function continued(event: Event, last: Event | undefined): Event {
  if (!event.isAgain || last === undefined || event.kind === 'update') return event;
  const { isIpv6, inside, outside, insidePort, outsidePort, vlan } = last;
  const isFollower = event.kind === 'error' || event.kind === 'redirect' || event.kind === 'later';
  return { ...event, isIpv6, inside, outside, insidePort, outsidePort, vlan, kind: isFollower ? event.kind : last.kind };
}

/** Where the ends of each connection are, as long as they say what they should. */
type Positions = Map<string, { in: number; out: number }>;

function packetOf(event: Event, positions: Positions): Uint8Array {
  const { kind, isIn, isIpv6, isRequest } = event;
  const ends = `${isIpv6} ${event.inside} ${event.outside} ${event.insidePort} ${event.outsidePort}`;
  const at = positions.get(ends) ?? { in: 500_000, out: 200_000 };
  const [mine, theirs] = isIn ? (['in', 'out'] as const) : (['out', 'in'] as const);
  const payload = (event.flags & 0x17) === 0x10 && event.isRequest ? 'hello' : '';
  const tcpFields = {
    flags: event.flags, sequenceNumber: at[mine] + event.sequenceOff, acknowledgementNumber: (event.flags & 0x10) === 0 ? 0 : at[theirs] + event.acknowledgementOff, window: 1000, payload,
  };
  if ((kind === 'tcp' || kind === 'first') && event.sequenceOff === 0) {
    const length = kind === 'first' ? 12 : payload.length;
    positions.set(ends, { ...at, [mine]: at[mine] + length + ((event.flags & 3) !== 0 ? 1 : 0) });
  }
  const flags = event.flags;
  const inside = (isIpv6 ? INSIDE6 : INSIDE4)[event.inside];
  const outside = (isIpv6 ? OUTSIDE6 : OUTSIDE4)[event.outside];
  const [source, destination] = isIn ? [outside, inside] : [inside, outside];
  const there = { sourcePort: INSIDE_PORTS[event.insidePort], destinationPort: OUTSIDE_PORTS[event.outsidePort] };
  const ports = isIn ? { sourcePort: there.destinationPort, destinationPort: there.sourcePort } : there;
  const fields = { source, destination, vlans: event.vlan ? [7] : [] };
  const plain = { source: fields.source, destination: fields.destination };
  const ipv4 = { ...fields, source: isIn ? OUTSIDE4[event.outside] : INSIDE4[event.inside], destination: isIn ? INSIDE4[event.inside] : OUTSIDE4[event.outside] };
  switch (kind) {
    case 'tcp': return isIpv6 ? tcp6({ ...fields, ...ports, ...tcpFields }) : tcp4({ ...fields, ...ports, ...tcpFields });
    case 'udp': return isIpv6 ? udp6({ ...fields, ...ports, payload: 'x' }) : udp4({ ...fields, ...ports, payload: 'x' });
    case 'echo': {
      const echo = { ...fields, request: isRequest, identifier: event.insidePort };
      return isIpv6 ? icmpEcho6(echo) : icmpEcho4(echo);
    }
    case 'error':
    case 'redirect': {
      // About a packet that the receiver of the error sent.
      const back = { source: plain.destination, destination: plain.source, ethernet: false };
      const backPorts = { sourcePort: ports.destinationPort, destinationPort: ports.sourcePort };
      const to = { source: isIn ? OUTSIDE4[0] : INSIDE4[0], destination: plain.destination, vlans: fields.vlans };
      if (isIpv6) {
        const to6 = { ...to, source: isIn ? OUTSIDE6[0] : INSIDE6[0], destination: event.isAstray ? 'fd00::9' : to.destination };
        return icmpError6(to6, 3, 0, event.isRequest ? tcp6({ ...back, ...backPorts, flags }) : udp6({ ...back, ...backPorts }));
      }
      const to4 = { ...to, destination: event.isAstray ? '10.0.0.9' : to.destination };
      return icmpError4(to4, kind === 'redirect' ? 5 : 11, 0, event.isRequest ? tcp4({ ...back, ...backPorts, flags }) : udp4({ ...back, ...backPorts }));
    }
    case 'gre': return ip4(ipv4, 47, [0, 0, 8, 0]);
    case 'arp': return arpRequest({ senderAddress: INSIDE4[0], targetAddress: INSIDE4[1] });
    case 'malformed': return tcp4({ ...ipv4, ...ports, flags }).slice(0, event.isAstray ? 30 : -3);
    case 'first': return tcp4({ ...ipv4, ...ports, ...tcpFields, identification: event.insidePort, moreFragments: true, payload: 'twelve bytes' });
    default: return ip4({ ...ipv4, identification: event.insidePort, fragmentOffset: event.isAstray ? 8 : 32 }, 6, [1, 2, 3, 4]);
  }
}

const inputOf = ({ rules, default: byDefault, stateful, invalid, malformed }: ReferenceOptions): FirewallInput => ({
  rules: rules.map(ruleText),
  default: byDefault,
  stateful,
  invalid,
  malformed,
  halfOpen: 8,
  timeouts: {
    tcpSeconds: TIMEOUTS.tcp, tcpOpeningSeconds: TIMEOUTS.tcpOpening, tcpHalfClosedSeconds: TIMEOUTS.tcpHalfClosed,
    tcpTimeWaitSeconds: TIMEOUTS.tcpTimeWait, tcpClosingSeconds: TIMEOUTS.tcpClosing,
    udpSeconds: TIMEOUTS.udp, udpUnansweredSeconds: TIMEOUTS.udpUnanswered, icmpSeconds: TIMEOUTS.icmp, otherSeconds: TIMEOUTS.other,
  },
});

/** What of a sequence was decided how: the classes that the runs together must all have met. */
const seen = new Map<string, number>();
const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

it('agrees with the reference on random rules and packets', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(event, { minLength: 30, maxLength: 90, size: 'max' }), async (first, events) => {
      const nf = await harness(firewall(inputOf(first)));
      expect(nf.problems).toEqual([]);
      const reference = new ReferenceFirewall(first);
      /** Flow ids by datagram, which the manager's flow key would remember. */
      const datagrams = new Map<string, number>();
      const positions: Positions = new Map();
      let timestampMs = 1_700_000_000_000;
      let updates = 0;
      let rules = first.rules;
      let last: Event | undefined;
      for (const drawn of events) {
        const each = continued(drawn, last);
        timestampMs += each.waitMs;
        if (each.kind === 'update') {
          // Other rules, or the same with one more in front.
          rules = each.isAgain ? [...each.next.rules.slice(0, 1), ...rules] : each.next.rules;
          if (each.next.stateful === false) rules = rules.map(({ states: _, ...rule }) => rule);
          await nf.update(inputOf({ ...each.next, rules }));
          reference.update({ ...each.next, rules });
          updates++;
          continue;
        }
        last = each;
        const bytes = packetOf(each, positions);
        const fields = read(bytes);
        const datagram = `${fields.source} ${fields.destination} ${fields.protocol} ${fields.identification}`;
        const isLater = fields.fragmentOffset > 0;
        const before = nf.counters;
        const got = nf.process(bytes, {
          direction: each.isIn ? 'reverse' : 'forward', timestampMs, ...(isLater && { flowId: datagrams.get(datagram) ?? 0 }),
          ...(fields.malformed && { flowId: 0 }),
        });
        if (!isLater && !fields.malformed && fields.quoted === null) datagrams.set(datagram, got.flowId);
        const wanted = reference.process(bytes, each.isIn ? 'in' : 'out', timestampMs);
        const counted = Object.entries(nf.counters).filter(([name, value]) => value !== before[name] && name !== 'outside window' && !/^rule \d+: count/.test(name) && name !== 'rules of later updates').map(([name]) => name);
        expect({ kind: each.kind, reason: got.reason }).toEqual({ kind: each.kind, reason: wanted.reason });
        if (['established', 'related', 'invalid', 'default'].includes(wanted.by)) expect(counted).toEqual([wanted.by]);
        else if (updates === 0) expect(counted).toEqual([`${wanted.by}: ${ruleText(first.rules[Number(wanted.by.slice(5)) - 1])}`]);
        note(`${each.kind} ${wanted.by.replace(/ \d+/, '')} ${wanted.reason ?? 'forward'}`);
      }
    }),
    // What must have been seen below, few draws in a hundred lack: a fixed seed, unless another is asked for.
    { numRuns: 80, seed: Number(process.env['FUZZ_SEED'] ?? 1) },
  );
  expect([...seen.keys()]).toContain('error related forward');
  for (const kind of ['tcp', 'udp', 'echo', 'gre', 'first', 'later']) expect([...seen.keys()], kind).toContain(`${kind} established forward`);
  for (const kind of ['tcp', 'udp', 'echo', 'error', 'redirect', 'gre', 'arp', 'malformed', 'first', 'later']) {
    for (const how of ['rule forward', 'rule firewall-denied', 'default forward', 'default firewall-default']) {
      expect([...seen.keys()], `${kind}: ${[...seen.keys()].filter((key) => key.startsWith(kind)).join(', ')}`).toContain(`${kind} ${how}`);
    }
  }
  for (const kind of ['malformed', 'later', 'tcp', 'echo', 'error']) expect([...seen.keys()]).toContain(`${kind} invalid firewall-invalid`);
});
