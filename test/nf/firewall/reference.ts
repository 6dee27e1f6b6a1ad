/**
 * A slow firewall that is obviously right: it reads fields from the bytes of an Ethernet frame each time it needs them, and
 * keeps connections in a Map by their addresses and ports as text. It shares no code with the firewall.
 */
import { kindOf, ReferenceTcp, type Segment } from './reference-tcp.js';

export type StateName = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

export interface RuleSpec {
  action: 'allow' | 'deny' | 'count';
  direction: 'in' | 'out' | 'both';
  protocol: 'any' | 'ip' | 'ip4' | 'ip6' | 'arp' | 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'proto gre';
  /** Whole addresses as text, any of them. */
  from?: string[];
  to?: string[];
  notTo?: boolean;
  /** First and last. Only with `tcp` or `udp`. */
  fromPorts?: [number, number];
  toPorts?: [number, number];
  /** SYN set and ACK clear. Only with `tcp`. */
  synOnly?: boolean;
  /** Only with `icmp` or `icmp6`. */
  type?: number;
  states?: StateName[];
}

export interface ReferenceOptions {
  rules: RuleSpec[];
  default: 'allow' | 'deny';
  stateful: boolean | 'explicit';
  invalid: 'rules' | 'drop';
  malformed: 'drop' | 'pass';
}

/** Seconds; the timeouts that the firewall under test must be given. */
export const TIMEOUTS = { tcp: 50, tcpOpening: 20, tcpHalfClosed: 40, tcpTimeWait: 15, tcpClosing: 10, udp: 20, udpUnanswered: 12, icmp: 15, other: 30 };

interface Fields {
  malformed: boolean;
  version: 0 | 4 | 6;
  arp: boolean;
  protocol: number;
  source: string;
  destination: string;
  ports: [number, number] | null;
  /** TCP flags, or ICMP type. Null when there is no L4 header. */
  kind: number | null;
  segment: Segment | null;
  fragmentOffset: number;
  identification: number;
  identifier: number;
  /** Of an ICMP error: the packet inside. */
  quoted: Fields | null;
}

interface Connection {
  openedBy: 'in' | 'out';
  kind: number;
  allowedUnder: number;
  forgottenAt: number;
  answered: boolean;
  tcp: ReferenceTcp | null;
}

export function ruleText(rule: RuleSpec): string {
  const ports = (range?: [number, number]) => (range === undefined ? '' : ` port ${range[0]}-${range[1]}`);
  const end = (word: string, addresses?: string[], range?: [number, number], not = false) =>
    addresses === undefined && range === undefined ? '' : ` ${word} ${addresses === undefined ? 'any' : `${not ? 'not ' : ''}{ ${addresses.join(', ')} }`}${ports(range)}`;
  return [
    rule.action, rule.direction === 'both' ? '' : ` ${rule.direction}`, ` ${rule.protocol}`, rule.type === undefined ? '' : ` type ${rule.type}`,
    end('from', rule.from, rule.fromPorts), end('to', rule.to, rule.toPorts, rule.notTo), rule.synOnly === true ? ' flags syn, not ack' : '',
    rule.states === undefined ? '' : ` state ${rule.states.join(',')}`,
  ].join('');
}

const number = (bytes: Uint8Array, at: number, length: number): number => [...bytes.slice(at, at + length)].reduce((sum, byte) => sum * 256 + byte, 0);
const dotted = (bytes: Uint8Array, at: number): string => [...bytes.slice(at, at + 4)].join('.');
const colons = (bytes: Uint8Array, at: number): string =>
  Array.from({ length: 8 }, (_, k) => number(bytes, at + 2 * k, 2).toString(16)).join(':').replace(/(:0)+:/, '::');

/** Reads an Ethernet frame, tagged or not. IPv6 has no extension headers here. */
export function read(frame: Uint8Array): Fields {
  let at = 14;
  while (number(frame, at - 2, 2) === 0x8100) at += 4;
  const etherType = number(frame, at - 2, 2);
  if (etherType === 0x0800 || etherType === 0x86dd) return readIp(frame.slice(at), false);
  return { ...nothing(), arp: etherType === 0x0806 };
}

function nothing(): Fields {
  return {
    malformed: false, version: 0, arp: false, protocol: 0, source: '', destination: '', ports: null, kind: null, segment: null, fragmentOffset: 0, identification: 0,
    identifier: 0, quoted: null,
  };
}

function readIp(ip: Uint8Array, isQuoted: boolean): Fields {
  const fields = nothing();
  fields.version = ip[0] >> 4 === 4 ? 4 : 6;
  const headerLength = fields.version === 4 ? (ip[0] & 15) * 4 : 40;
  const end = fields.version === 4 ? number(ip, 2, 2) : 40 + number(ip, 4, 2);
  if (ip.length < headerLength || (!isQuoted && ip.length < end)) return { ...fields, malformed: true };
  fields.protocol = fields.version === 4 ? ip[9] : ip[6];
  fields.source = fields.version === 4 ? dotted(ip, 12) : colons(ip, 8);
  fields.destination = fields.version === 4 ? dotted(ip, 16) : colons(ip, 24);
  if (fields.version === 4) {
    fields.identification = number(ip, 4, 2);
    fields.fragmentOffset = (number(ip, 6, 2) & 0x1fff) * 8;
    if (fields.fragmentOffset > 0) return fields;
  }
  const l4 = ip.slice(headerLength, end);
  if (fields.protocol === 6 || fields.protocol === 17) {
    fields.ports = [number(l4, 0, 2), number(l4, 2, 2)];
    fields.kind = fields.protocol === 6 ? l4[13] : 0;
    if (fields.protocol === 6 && !isQuoted) {
      fields.segment = {
        flags: l4[13], sequence: number(l4, 4, 4), acknowledgement: number(l4, 8, 4), window: number(l4, 14, 2), payload: l4.length - (l4[12] >> 4) * 4,
        isFragment: fields.version === 4 && (number(ip, 6, 2) & 0x2000) !== 0,
      };
    }
  } else if (fields.protocol === 1 || fields.protocol === 58) {
    fields.kind = l4[0];
    fields.identifier = number(l4, 4, 2);
    if (!isQuoted && (fields.protocol === 1 ? [3, 4, 5, 11, 12].includes(l4[0]) : l4[0] < 128)) fields.quoted = readIp(l4.slice(8), true);
  } else fields.kind = 0;
  return fields;
}

export class ReferenceFirewall {
  #options: ReferenceOptions;
  #generation = 1;
  #now = 0;
  readonly #connections = new Map<string, Connection>();
  /** Connections of first fragments, by addresses and identification. */
  readonly #datagrams = new Map<string, string>();

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  update(options: ReferenceOptions): void {
    this.#options = options;
    this.#generation++;
  }

  /** @returns the drop reason, or null, and what decided: `established`, `related`, `invalid`, `default` or the number of a rule. */
  process(frame: Uint8Array, direction: 'in' | 'out', timeMs: number): { reason: string | null; by: string } {
    this.#now = Math.max(this.#now, Math.floor(timeMs / 1000));
    const packet = read(frame);
    const { stateful, malformed } = this.#options;
    const dropped = { reason: 'firewall-invalid', by: 'invalid' };
    if (packet.malformed && malformed === 'drop') return dropped;
    if (packet.protocol === 6 && packet.fragmentOffset > 0 && packet.fragmentOffset < 20) return dropped;
    const alone = (state: StateName) => this.#judge(packet, direction, false, packet.kind, state);
    const stray = () => (this.#options.invalid === 'drop' ? dropped : alone('invalid'));
    if (packet.malformed) return alone('invalid');
    const isError = packet.quoted !== null;
    const isIcmp = packet.protocol === 1 || packet.protocol === 58;
    const isRequest = packet.kind === 8 || packet.kind === 128;
    const isAnswer = packet.kind === 0 || packet.kind === 129;
    const isLater = packet.fragmentOffset > 0;
    const flow = this.#key(packet);
    if (stateful === false || flow === null) return alone('untracked');
    if (isIcmp && !isLater && !isRequest && !isAnswer && (!isError || (packet.version === 4 && packet.kind === 5))) return alone('untracked');
    if (isError && packet.quoted!.source !== packet.destination) return stray();
    // Two hosts may ping each other with one identifier: those are two connections.
    const key = isIcmp && !isError && !isLater ? `${flow} opened ${isRequest === (direction === 'in') ? 'in' : 'out'}` : flow;
    const found = this.#connections.get(key);
    const connection = found !== undefined && found.forgottenAt > this.#now ? found : undefined;
    const isAllowed = stateful === 'explicit' || connection?.allowedUnder === this.#generation;
    const pass = (state: 'established' | 'related') => (stateful === 'explicit' ? alone(state) : { reason: null, by: state });

    if (isLater) return connection !== undefined && isAllowed ? pass('established') : alone('untracked');
    if (isError) return connection === undefined ? stray() : isAllowed ? pass('related') : alone('related');
    if (isAnswer && isIcmp && connection === undefined) return stray();

    const open = () => {
      if (packet.segment !== null && !['syn', 'ack'].includes(kindOf(packet.segment.flags) ?? '')) return stray();
      const result = alone('new');
      if (result.reason !== null) return result;
      const tcp = packet.segment === null ? null : new ReferenceTcp(packet.segment);
      const opened: Connection = { openedBy: direction, kind: packet.kind!, allowedUnder: this.#generation, forgottenAt: 0, answered: false, tcp };
      this.#connections.set(key, opened);
      this.#remember(opened, packet.protocol);
      return result;
    };
    if (connection === undefined) return open();
    const isReply = connection.openedBy !== direction;
    const { tcp } = connection;
    if (tcp !== null && !isAllowed && kindOf(packet.segment!.flags) === 'syn') return open();
    const found2 = tcp?.judge(packet.segment!, isReply ? 'other' : 'opener');
    if (found2?.judgement === 'impossible') return stray();
    if (found2?.judgement === 'begins anew') return open();
    const result = isAllowed ? pass('established') : this.#judge(packet, connection.openedBy, isReply, connection.kind, 'new');
    if (stateful !== 'explicit') connection.allowedUnder = result.reason === null ? this.#generation : 0;
    if (result.reason !== null) {
      if (stateful !== 'explicit') this.#remember(connection, packet.protocol);
      return result;
    }
    const wasAnswered = connection.answered;
    if (isReply) connection.answered = true;
    const before = tcp?.state;
    found2?.apply();
    if (tcp !== null && found2!.judgement === 'passes') return result;
    if (tcp?.state === 'closed' && !wasAnswered) this.#connections.delete(key);
    else if (tcp === null || tcp.state !== before || !['closed', 'time wait'].includes(tcp.state)) this.#remember(connection, packet.protocol);
    return result;
  }

  #remember(connection: Connection, protocol: number): void {
    const { tcp, answered } = connection;
    const ofTcp = {
      'syn sent': TIMEOUTS.tcpOpening, 'both syn': TIMEOUTS.tcpOpening, 'syn received': TIMEOUTS.tcpOpening, established: TIMEOUTS.tcp,
      'half closed': TIMEOUTS.tcpHalfClosed, closing: TIMEOUTS.tcpTimeWait, 'time wait': TIMEOUTS.tcpTimeWait, closed: TIMEOUTS.tcpClosing,
    };
    const known: Record<number, number> = { 17: answered ? TIMEOUTS.udp : TIMEOUTS.udpUnanswered, 1: TIMEOUTS.icmp, 58: TIMEOUTS.icmp };
    connection.forgottenAt = this.#now + (tcp !== null ? ofTcp[tcp.state] : (known[protocol] ?? TIMEOUTS.other));
  }

  #key(packet: Fields): string | null {
    if (packet.version === 0) return null;
    const datagram = `${packet.source} ${packet.destination} ${packet.protocol} ${packet.identification}`;
    if (packet.fragmentOffset > 0) return this.#datagrams.get(datagram) ?? null;
    const { protocol, ports, source, destination, identifier } = packet.quoted ?? packet;
    const [from, to] = ports ?? (protocol === 1 || protocol === 58 ? [identifier, identifier] : [0, 0]);
    const key = [protocol, ...[`${source}#${from}`, `${destination}#${to}`].sort()].join(' ');
    if (packet.quoted === null) this.#datagrams.set(datagram, key);
    return key;
  }

  #judge(packet: Fields, direction: 'in' | 'out', isReply: boolean, kind: number | null, state: StateName): { reason: string | null; by: string } {
    const source = isReply ? packet.destination : packet.source;
    const destination = isReply ? packet.source : packet.destination;
    const ports = packet.ports === null ? null : isReply ? [packet.ports[1], packet.ports[0]] : packet.ports;
    const index = this.#options.rules.findIndex((rule) => {
      if (rule.action === 'count' || (rule.states !== undefined && !rule.states.includes(state))) return false;
      if (rule.direction !== 'both' && rule.direction !== direction) return false;
      if (!hasProtocol(rule.protocol, packet)) return false;
      if ((rule.from !== undefined || rule.to !== undefined) && (packet.version === 0 || packet.source === '')) return false;
      if (rule.from !== undefined && !rule.from.includes(source)) return false;
      if (rule.to !== undefined && rule.to.includes(destination) === (rule.notTo === true)) return false;
      if (rule.fromPorts !== undefined && !within(rule.fromPorts, ports?.[0])) return false;
      if (rule.toPorts !== undefined && !within(rule.toPorts, ports?.[1])) return false;
      if (rule.synOnly === true && (kind === null || (kind & 0x12) !== 2)) return false;
      return rule.type === undefined || rule.type === kind;
    });
    if (index < 0) return { reason: this.#options.default === 'allow' ? null : 'firewall-default', by: 'default' };
    return { reason: this.#options.rules[index].action === 'allow' ? null : 'firewall-denied', by: `rule ${index + 1}` };
  }
}

function hasProtocol(protocol: RuleSpec['protocol'], packet: Fields): boolean {
  switch (protocol) {
    case 'any': return true;
    case 'arp': return packet.arp;
    case 'ip': return packet.version !== 0;
    case 'ip4': return packet.version === 4;
    case 'ip6': return packet.version === 6;
    case 'tcp': return packet.protocol === 6;
    case 'udp': return packet.protocol === 17;
    case 'icmp': return packet.version === 4 && packet.protocol === 1;
    case 'icmp6': return packet.version === 6 && packet.protocol === 58;
    case 'proto gre': return packet.protocol === 47;
  }
}

function within(range: [number, number], port: number | undefined): boolean {
  return port !== undefined && port >= range[0] && port <= range[1];
}
