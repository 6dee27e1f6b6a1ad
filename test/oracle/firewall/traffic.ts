/**
 * Traffic between a few hosts: TCP connections that open, talk, lose, repeat and close, and much that does not belong to
 * them; UDP, pings, ICMP errors about all of these, and other protocols. The same for the same seed.
 */
import { ip4, tcp4, tcp6, udp4, udp6, icmpEcho4, icmpEcho6, icmpError4, icmpError6 } from '../../support/packets.js';
import { TcpFlag } from '../../../src/packet/protocols.js';
import type { Sent } from './kernel-firewall.js';

export type Random = (below: number) => number;

/** A small generator (mulberry32), so that a seed is all one needs to see a run again. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const { syn, ack, fin, rst, psh } = TcpFlag;
const FLAGS = [syn, syn | ack, ack, ack | psh, fin | ack, fin, rst, rst | ack, syn | fin, syn | rst, 0, fin | psh | 32, ack | 32, syn | 64 | 128] as const;

interface Host { four: string; six: string }
const INSIDE: Host[] = [{ four: '10.0.0.1', six: 'fd00::1' }, { four: '10.0.0.2', six: 'fd00::2' }, { four: '10.0.1.3', six: 'fd00:1::3' }];
const OUTSIDE: Host[] = [{ four: '192.0.2.1', six: '2001:db8::1' }, { four: '192.0.2.2', six: '2001:db8::2' }, { four: '198.51.100.9', six: '2001:db8:1::9' }];
const PORTS = [22, 53, 80, 443, 8080] as const;

interface End { host: Host; port: number; isInside: boolean; sequence: number; acknowledged: number; window: number; scale: number | null }

/** One conversation, which says its next packet. */
interface Talk {
  next(random: Random): Sent | null;
}

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)];

function frameOf(from: End, to: End, isIpv6: boolean, fields: { flags: number; sequenceNumber: number; acknowledgementNumber: number; window: number; payload?: string; tcpOptions?: number[] }, dscp: number): Sent {
  const ends = { sourcePort: from.port, destinationPort: to.port, dscp };
  const frame = isIpv6
    ? tcp6({ source: from.host.six, destination: to.host.six, ...ends, ...fields })
    : tcp4({ source: from.host.four, destination: to.host.four, ...ends, ...fields });
  return { side: from.isInside ? 'inside' : 'outside', frame };
}

/** A TCP connection; one packet in `oddity` is not what it should be. */
export function tcpTalk(random: Random, oddity: number): Talk {
  const opensInside = random(4) > 0;
  const isIpv6 = random(4) === 0;
  const end = (isInside: boolean, isServer: boolean): End => ({
    host: pick(random, isInside ? INSIDE : OUTSIDE), port: isServer ? pick(random, PORTS) : 30_000 + random(40), isInside,
    sequence: random(0xffffffff), acknowledged: 0, window: pick(random, [0, 1, 1000, 8192, 65535]), scale: random(3) === 0 ? null : random(10),
  });
  const client = end(opensInside, false);
  const server = end(!opensInside, true);
  const isFromMiddle = random(8) === 0;
  let step = isFromMiddle ? 3 : 0;
  if (isFromMiddle) {
    client.acknowledged = server.sequence;
    server.acknowledged = client.sequence;
  }
  let left = 6 + random(20);
  let last: Sent | null = null;
  const plain = (from: End, to: End, flags: number, payload = '', tcpOptions: number[] = []): Sent =>
    frameOf(from, to, isIpv6, { flags, sequenceNumber: from.sequence >>> 0, acknowledgementNumber: (flags & ack) === 0 ? 0 : from.acknowledged >>> 0, window: from.window, payload, tcpOptions }, random(10) === 0 ? 46 : 0);
  const options = ({ scale }: End): number[] => [...(scale === null ? [] : [1, 3, 3, scale]), ...(random(2) === 0 ? [1, 1, 4, 2] : []), 2, 4, 5, 180];
  const odd = (from: End, to: End): Sent => {
    const by = pick(random, [0, 0, 1, 2, 100, 1000, 70_000, 1 << 20, 0x7fffffff, -1, -2, -100, -1000, -70_000, -(1 << 20)]);
    const ackBy = pick(random, [0, 0, 0, 1, 100, 70_000, 1 << 24, -1, -100, -65_000, -67_000, -(1 << 24)]);
    const sent = frameOf(from, to, isIpv6, {
      flags: pick(random, FLAGS), sequenceNumber: (from.sequence + by) >>> 0, acknowledgementNumber: (from.acknowledged + ackBy) >>> 0, window: from.window,
      payload: 'x'.repeat(pick(random, [0, 0, 1, 10, 500])),
    }, 0);
    return { ...sent, isOdd: true };
  };
  return {
    next: () => {
      if (left-- <= 0) return null;
      if (last !== null && random(12) === 0) return last; // sent again
      const [from, to] = random(2) === 0 ? [client, server] : [server, client];
      if (oddity !== Infinity && random(oddity) === 0) return odd(from, to);
      let sent: Sent;
      if (step === 0) {
        sent = plain(client, server, syn, '', options(client));
        client.sequence++;
        step = 1;
      } else if (step === 1) {
        if (oddity !== Infinity && random(6) === 0) return random(2) === 0 ? { ...plain(client, server, ack), isOdd: true } : odd(client, server);
        server.acknowledged = client.sequence;
        sent = plain(server, client, syn | ack, '', options(server));
        server.sequence++;
        step = 2;
      } else if (step === 2) {
        client.acknowledged = server.sequence;
        sent = plain(client, server, ack);
        step = 3;
      } else if (random(14) === 0) {
        sent = plain(from, to, random(2) === 0 ? rst : rst | ack);
      } else if (random(7) === 0) {
        from.acknowledged = to.sequence;
        sent = plain(from, to, fin | ack);
        from.sequence++;
      } else {
        const payload = 'd'.repeat(pick(random, [0, 1, 20, 300, 1200]));
        if (random(3) > 0) from.acknowledged = to.sequence;
        sent = plain(from, to, ack, payload);
        from.sequence += payload.length;
      }
      last = sent;
      return sent;
    },
  };
}

/** Packets of protocols without windows, out of which nothing grows. */
function single(random: Random, sent: readonly Sent[]): Sent {
  const isInside = random(3) > 0;
  const [from, to] = isInside ? [pick(random, INSIDE), pick(random, OUTSIDE)] : [pick(random, OUTSIDE), pick(random, INSIDE)];
  const side = isInside ? 'inside' : 'outside';
  const isIpv6 = random(3) === 0;
  const dscp = random(10) === 0 ? 46 : 0;
  const ends = isIpv6 ? { source: from.six, destination: to.six, dscp } : { source: from.four, destination: to.four, dscp };
  const kind = random(10);
  if (kind < 5) {
    const [client, server] = [31_000 + random(6), pick(random, PORTS)];
    const ports = isInside ? { sourcePort: client, destinationPort: server } : { sourcePort: server, destinationPort: client };
    const turned = random(8) === 0 ? { sourcePort: ports.destinationPort, destinationPort: ports.sourcePort } : ports;
    return { side, frame: isIpv6 ? udp6({ ...ends, ...turned, payload: 'u' }) : udp4({ ...ends, ...turned, payload: 'u' }) };
  }
  if (kind < 7) {
    const echo = { ...ends, request: random(2) === 0, identifier: random(6) };
    return { side, frame: isIpv6 ? icmpEcho6(echo) : icmpEcho4(echo) };
  }
  if (kind < 9 && sent.length > 0) return errorAbout(random, sent[sent.length - 1 - random(Math.min(sent.length, 12))]);
  return { side, frame: ip4({ source: from.four, destination: to.four, dscp }, pick(random, [47, 50]), [0, 0, 0x88, 0xbe, 0, 0, 0, 0, ...new Array<number>(16).fill(0)]) };
}

/** An ICMP error of somebody on the way, or of somebody who invents it. */
function errorAbout(random: Random, { side, frame }: Sent): Sent {
  const other = side === 'inside' ? 'outside' : 'inside';
  const packet = frame.slice(14);
  const isIpv6 = packet[0] >>> 4 === 6;
  const source = isIpv6 ? formatWords(packet, 8) : [...packet.slice(12, 16)].join('.');
  const router = random(2) === 0 ? OUTSIDE[2] : INSIDE[2];
  const stray = other === 'inside' ? OUTSIDE[0] : INSIDE[0];
  const to = random(6) === 0 ? (isIpv6 ? stray.six : stray.four) : source;
  const quoted = random(3) === 0 ? packet.slice(0, isIpv6 ? 48 : 28) : packet;
  if (isIpv6) return { side: other, frame: icmpError6({ source: router.six, destination: to }, pick(random, [1, 2, 3, 4]), 0, quoted) };
  return { side: other, frame: icmpError4({ source: router.four, destination: to }, pick(random, [3, 3, 11, 12, 4]), random(4), quoted) };
}

function formatWords(bytes: Uint8Array, at: number): string {
  return Array.from({ length: 8 }, (_, k) => ((bytes[at + 2 * k] << 8) | bytes[at + 2 * k + 1]).toString(16)).join(':');
}

/** `count` packets of several conversations at a time. @param isHonest no packet is odd */
export function trafficFrom(seed: number, count: number, isHonest = false): Sent[] {
  const random = randomFrom(seed);
  const talks: Talk[] = [];
  const sent: Sent[] = [];
  while (sent.length < count) {
    if (talks.length < 6) talks.push(tcpTalk(random, isHonest ? Infinity : 4 + random(12)));
    if (random(4) === 0) {
      sent.push(single(random, sent));
      continue;
    }
    const at = random(talks.length);
    const next = talks[at].next(random);
    if (next === null) talks.splice(at, 1);
    else sent.push(next);
  }
  return sent;
}
