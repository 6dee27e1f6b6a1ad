/**
 * What is asked of both NATs. Each scenario sends packets and notes what is externally visible, in words that do not depend on
 * the choice of a free port: `203.0.113.1:own` where the inside port was kept, `:other` where it was not.
 */
import { echo, ends, ethernet, Flag, icmpError, icmpMessage, ipv4, see, tcp, udp, type Ends } from '../../nf/nat/packets.js';
import type { Box, Side } from './box.js';

export const US = '203.0.113.1';
const SERVER = '192.0.2.7';
const STRANGER = '192.0.2.66';
const NOTHING = 'nothing';

/** A fresh port for each scenario: the kernel remembers the connections of those before. */
let nextPort = 20_000;
const freshPort = (): number => (nextPort += 10);

interface Out {
  side: Side;
  bytes: Uint8Array;
  /** `inside: a:1 > b:2`, with a mark where a checksum is wrong. */
  text: string;
}

export class Asked {
  readonly box: Box;
  readonly notes = new Map<string, string>();

  constructor(box: Box) {
    this.box = box;
  }

  note(what: string, found: string): void {
    this.notes.set(what, found);
  }

  /** What comes out for one packet: the first frame. */
  async one(side: Side, frame: Uint8Array): Promise<Out | null> {
    const seen = await this.box.send(side, frame);
    const out: Side | undefined = (['outside', 'inside'] as const).find((each) => seen[each].length > 0);
    return out === undefined ? null : { side: out, bytes: seen[out][0], text: `${out}: ${ends(seen[out][0])}` };
  }

  /** The same as text; `kept` ports are named `own`, others of our address `other`. */
  async text(side: Side, frame: Uint8Array, own?: number): Promise<string> {
    const out = await this.one(side, frame);
    if (out === null) return NOTHING;
    return own === undefined ? out.text : out.text.replace(new RegExp(`${US.replaceAll('.', '\\.')}:(\\d+)`), (_, port: string) => `${US}:${Number(port) === own ? 'own' : 'other'}`);
  }
}

const from = (host: number, sourcePort: number, more: Partial<Ends> = {}): Ends => ({ source: `10.0.0.${host}`, sourcePort, destination: SERVER, destinationPort: 53, ...more });
const back = (port: number, more: Partial<Ends> = {}): Ends => ({ source: SERVER, sourcePort: 53, destination: US, destinationPort: port, ...more });
const externalPort = (out: Out | null): number => (out === null ? 0 : see(out.bytes).sourcePort);
/** The whole ICMP error without what routers change: time to live and header checksum, outside and in the quotation. */
const errorText = (out: Out | null): string => {
  if (out === null) return NOTHING;
  const { source, destination, payload, ipError, l4Error } = see(out.bytes);
  return `${out.side}: ${source} > ${destination} quotes ${ends(Uint8Array.from(payload), 8)}, checksums ${ipError === 0 && l4Error === 0 ? 'right' : 'wrong'}`;
};

async function mapping(asked: Asked): Promise<void> {
  const port = freshPort();
  asked.note('UDP: source of a packet that leaves', await asked.text('inside', udp(from(5, port), 'hello'), port));
  asked.note('UDP: its answer', (await asked.text('outside', udp(back(port), 'hi'))).replaceAll(String(port), 'own'));
  asked.note('UDP: the same inside port to another address', await asked.text('inside', udp(from(5, port, { destination: '192.0.2.8' })), port));
  asked.note('UDP: the same inside port to another port', await asked.text('inside', udp(from(5, port, { destinationPort: 123 })), port));
  const first = await asked.one('inside', udp(from(6, port)));
  asked.note('a second host with the same port to the same remote: port', externalPort(first) === port ? 'the same' : 'another');
  asked.note('answer to the second host', ((await asked.text('outside', udp(back(externalPort(first)))))).replace(String(port), 'own'));
  const second = await asked.one('inside', udp(from(6, port, { destination: '192.0.2.9' })));
  asked.note('the second host to another remote: mapping (RFC 4787 REQ-1)', externalPort(second) === externalPort(first) ? 'that to the first remote' : 'a new one');
  asked.note('two hosts behind one external port (RFC 4787 REQ-3)', externalPort(second) === port ? 'yes' : 'no');
  asked.note('source port below 1024', await asked.text('inside', udp(from(5, 500, { destinationPort: 500 })), 500));
  const unchecked = await asked.one('inside', udp(from(5, freshPort()), 'hello', false));
  asked.note('UDP checksum of zero', unchecked === null ? NOTHING : [...unchecked.bytes.slice(40, 42)].join() === '0,0' ? 'stays zero' : 'is filled in');
}

async function filtering(asked: Asked): Promise<void> {
  const port = freshPort();
  await asked.one('inside', udp(from(5, port)));
  asked.note('answer from another port of the remote', await asked.text('outside', udp(back(port, { sourcePort: 54 }))));
  asked.note('answer from a stranger', await asked.text('outside', udp(back(port, { source: STRANGER }))));
  await asked.one('inside', udp(from(5, port, { destination: STRANGER })));
  asked.note('answer from the stranger, once inside has written to it', (await asked.text('outside', udp(back(port, { source: STRANGER })))).replace(String(port), 'own'));
  asked.note('to a port without a mapping', await asked.text('outside', udp(back(freshPort()))));
  asked.note('straight to an inside address', (await asked.text('outside', udp(back(freshPort(), { destination: '10.0.0.5', source: STRANGER })))).replace(/\d+$/, 'port'));
}

async function connections(asked: Asked): Promise<void> {
  const port = freshPort();
  const own = (text: string): string => text.replace(`:${port}`, ':own');
  const steps: [string, Side, Uint8Array][] = [
    ['TCP: SYN', 'inside', tcp(from(5, port, { destinationPort: 80 }), Flag.syn)],
    ['TCP: SYN ACK', 'outside', tcp(back(port, { sourcePort: 80 }), Flag.syn | Flag.ack)],
    ['TCP: ACK', 'inside', tcp(from(5, port, { destinationPort: 80 }), Flag.ack)],
    ['TCP: data from outside', 'outside', tcp(back(port, { sourcePort: 80 }), Flag.ack | Flag.psh, Uint8Array.of(1, 2, 3))],
    ['TCP: FIN from outside', 'outside', tcp(back(port, { sourcePort: 80 }), Flag.ack | Flag.fin)],
    ['TCP: FIN from inside', 'inside', tcp(from(5, port, { destinationPort: 80 }), Flag.ack | Flag.fin)],
    ['TCP: last ACK', 'outside', tcp(back(port, { sourcePort: 80 }), Flag.ack)],
    ['TCP: SYN on the same ports after that', 'inside', tcp(from(5, port, { destinationPort: 80 }), Flag.syn)],
  ];
  for (const [what, side, frame] of steps) asked.note(what, own(await asked.text(side, frame)));
  asked.note('TCP: SYN from outside, nobody asked', await asked.text('outside', tcp(back(freshPort(), { sourcePort: 80 }), Flag.syn)));
  const both = freshPort();
  await asked.one('inside', tcp(from(5, both, { destinationPort: 80 }), Flag.syn));
  asked.note('TCP: simultaneous open', (await asked.text('outside', tcp(back(both, { sourcePort: 80 }), Flag.syn))).replace(`:${both}`, ':own'));
  const middle = freshPort();
  asked.note('TCP: a connection seen from its middle on', await asked.text('inside', tcp(from(5, middle, { destinationPort: 80 }), Flag.ack), middle));
  const sequence = freshPort();
  await asked.one('inside', tcp(from(5, sequence, { destinationPort: 80 }), Flag.syn));
  asked.note('TCP: RST from outside', (await asked.text('outside', tcp(back(sequence, { sourcePort: 80 }), Flag.rst | Flag.ack))).replace(`:${sequence}`, ':own'));
}

async function icmp(asked: Asked): Promise<void> {
  const id = freshPort();
  asked.note('echo request', await asked.text('inside', echo(8, '10.0.0.5', SERVER, id), id));
  asked.note('echo reply', (await asked.text('outside', echo(0, SERVER, US, id))).replaceAll(`:${id}`, ':own'));
  const other = await asked.one('inside', echo(8, '10.0.0.6', SERVER, id));
  asked.note('echo with the same identifier of a second host', externalPort(other) === id ? 'the same identifier' : 'another identifier');
  asked.note('echo reply to the second host', (await asked.text('outside', echo(0, SERVER, US, externalPort(other)))).replaceAll(`:${id}`, ':own'));
  asked.note('echo request from outside', await asked.text('outside', echo(8, SERVER, US, id)));
  asked.note('echo reply that nobody asked for', await asked.text('outside', echo(0, SERVER, US, freshPort())));
  const stamp = freshPort();
  asked.note('timestamp request', await asked.text('inside', echo(13, '10.0.0.5', SERVER, stamp, new Uint8Array(12)), stamp));
  asked.note('timestamp reply', (await asked.text('outside', echo(14, SERVER, US, stamp, new Uint8Array(12)))).replaceAll(`:${stamp}`, ':own'));
}

async function errors(asked: Asked): Promise<void> {
  const port = freshPort();
  const sent: [string, Uint8Array][] = [['UDP', udp(from(5, port), 'hello, world')], ['TCP', tcp(from(5, port, { destinationPort: 80 }), Flag.syn)], ['echo', echo(8, '10.0.0.5', SERVER, port, new Uint8Array(16))]];
  const own = (text: string): string => text.replaceAll(`:${port}`, ':own');
  for (const [what, frame] of sent) {
    const out = await asked.one('inside', frame);
    if (out === null) continue;
    for (const [error, type, code] of [['port unreachable', 3, 3], ['fragmentation needed', 3, 4], ['time exceeded', 11, 0], ['parameter problem', 12, 0]] as const) {
      asked.note(`${error} about ${what}, from a router`, own(errorText(await asked.one('outside', icmpError('192.0.2.99', US, type, code, out.bytes)))));
    }
    asked.note(`unreachable about ${what}, 28 bytes quoted`, own((await asked.text('outside', icmpError(SERVER, US, 3, 1, out.bytes, 28))).replace(/ !l4$/, '')));
    const damaged = icmpError('192.0.2.99', US, 3, 1, out.bytes);
    damaged[36] ^= 0x55;
    asked.note(`error about ${what} with a wrong checksum`, await asked.text('outside', damaged));
    const quoted = Uint8Array.from(out.bytes);
    quoted[24] ^= 0x55;
    asked.note(`error about ${what}, whose quoted IP header has a wrong checksum`, own(await asked.text('outside', icmpError('192.0.2.99', US, 3, 1, quoted))));
  }
  const unknown = udp({ source: US, sourcePort: freshPort(), destination: SERVER, destinationPort: 53 });
  asked.note('error about nothing that was sent', await asked.text('outside', icmpError('192.0.2.99', US, 3, 1, unknown)));
  const delivered = await asked.one('outside', udp(back(port), 'answer'));
  for (const [who, source] of [['the host', '10.0.0.5'], ['a router inside', '10.9.9.9']] as const) {
    asked.note(`port unreachable about an answer, from ${who}`, delivered === null ? NOTHING : own(errorText(await asked.one('inside', icmpError(source, SERVER, 3, 3, delivered.bytes)))));
  }
}

async function fragments(asked: Asked): Promise<void> {
  const port = freshPort();
  const datagram = (destinationPort: number): Uint8Array => udp(from(5, port, { destinationPort }), 'x'.repeat(64)).slice(34);
  const piece = (of: Uint8Array, identification: number, at: number, to: number): Uint8Array =>
    ethernet(ipv4({ source: '10.0.0.5', destination: SERVER, protocol: 17, identification, fragmentOffset: at, moreFragments: to < of.length }, of.slice(at, to)));
  const arrived = async (pieces: readonly Uint8Array[]): Promise<string> => {
    const bytes = new Map<number, Uint8Array>();
    for (const frame of pieces) {
      const seen = await asked.box.send('inside', frame);
      for (const out of seen.outside) bytes.set((((out[20] << 8) | out[21]) & 0x1fff) * 8, see(out).payload);
      for (const out of seen.outside) if (see(out).source !== US) return 'untranslated';
    }
    const length = [...bytes.values()].reduce((sum, { length: each }) => sum + each, 0);
    return length === 72 ? `whole, in fragments, from ${US}` : `${length} of 72 bytes`;
  };
  const [one, two] = [datagram(53), datagram(54)];
  asked.note('fragments in order', await arrived([piece(one, 71, 0, 32), piece(one, 71, 32, 56), piece(one, 71, 56, 72)]));
  await asked.one('inside', udp(from(5, port)));
  const answer = udp(back(port), 'x'.repeat(64)).slice(34);
  const returned = (identification: number, at: number, to: number): Uint8Array =>
    ethernet(ipv4({ source: SERVER, destination: US, protocol: 17, identification, fragmentOffset: at, moreFragments: to < answer.length }, answer.slice(at, to)));
  const delivered = async (...pieces: readonly Uint8Array[]): Promise<string> => {
    const bytes = new Map<number, Uint8Array>();
    for (const frame of pieces) {
      const seen = await asked.box.send('outside', frame);
      for (const out of seen.inside) bytes.set((((out[20] << 8) | out[21]) & 0x1fff) * 8, see(out).payload);
      for (const out of seen.inside) if (see(out).destination !== '10.0.0.5') return 'to somebody else';
    }
    const length = [...bytes.values()].reduce((sum, { length: each }) => sum + each, 0);
    return length === 72 ? 'whole, in fragments, to 10.0.0.5' : `${length} of 72 bytes`;
  };
  asked.note('fragments from outside, in order', await delivered(returned(73, 0, 32), returned(73, 32, 56), returned(73, 56, 72)));
  asked.note('fragments from outside, the first one last', await delivered(returned(74, 32, 56), returned(74, 56, 72), returned(74, 0, 32)));
  asked.note('fragments, the first one last', await arrived([piece(two, 72, 32, 56), piece(two, 72, 56, 72), piece(two, 72, 0, 32)]));
}

async function configured(asked: Asked): Promise<void> {
  const port = freshPort();
  const own = (text: string): string => text.replaceAll(`:${port}`, ':own');
  asked.note('forwarded port, from outside', await asked.text('outside', tcp(back(8080, { sourcePort: 4000 }), Flag.syn)));
  asked.note('forwarded port, its answer', await asked.text('inside', tcp(from(7, 80, { destinationPort: 4000 }), Flag.syn | Flag.ack)));
  asked.note('forwarded port, from inside (hairpin)', own(await asked.text('inside', udp(from(5, port, { destination: US, destinationPort: 8053 })))));
  asked.note('forwarded port, answer to the inside (hairpin)', own(await asked.text('inside', udp({ source: '10.0.0.7', sourcePort: 53, destination: US, destinationPort: port }))));
  await asked.one('inside', udp(from(6, port + 1)));
  // Both have written to the other's mapping, so that no filter is in the way.
  await asked.one('inside', udp(from(6, port + 1, { destination: US, destinationPort: port })));
  asked.note('mapping of another inside host (hairpin)', (await asked.text('inside', udp(from(5, port, { destination: US, destinationPort: port + 1 })))).replaceAll(`:${port + 1}`, ':its own').replaceAll(`:${port}`, ':own'));
  asked.note('static host, to outside', own(await asked.text('inside', udp(from(9, port)))));
  asked.note('static host, from outside', own(await asked.text('outside', tcp(back(port, { destination: '203.0.113.9' }), Flag.syn))));
  asked.note('static host, echo request from outside', own(await asked.text('outside', echo(8, SERVER, '203.0.113.9', port))));
  asked.note('static host, its echo reply', own(await asked.text('inside', echo(0, '10.0.0.9', SERVER, port))));
}

const addressesOf = (out: Out | null): string => (out === null ? NOTHING : `${out.side}: ${see(out.bytes).source} > ${see(out.bytes).destination}`);

async function otherProtocols(asked: Asked): Promise<void> {
  for (const [name, protocol, payload] of [['GRE', 47, Uint8Array.of(0x20, 0, 8, 0, 0, 0, 0, 1, 1, 2, 3, 4)], ['ESP', 50, Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 1)]] as const) {
    const packet = (source: string, destination: string): Uint8Array => ethernet(ipv4({ source, destination, protocol }, payload));
    asked.note(`${name}: first host`, addressesOf(await asked.one('inside', packet('10.0.0.5', SERVER))));
    asked.note(`${name}: answer`, addressesOf(await asked.one('outside', packet(SERVER, US))));
    asked.note(`${name}: a second host to the same remote`, addressesOf(await asked.one('inside', packet('10.0.0.6', SERVER))));
    asked.note(`${name}: from a stranger`, addressesOf(await asked.one('outside', packet(STRANGER, US))));
  }
  const port = freshPort();
  const out = await asked.one('inside', udp(from(5, port)));
  const redirect = ethernet(ipv4({ source: '192.0.2.99', destination: US, protocol: 1 }, icmpMessage(5, 1, Uint8Array.of(192, 0, 2, 1, ...(out?.bytes.slice(14) ?? [])))));
  asked.note('ICMP redirect about a packet that left', (await asked.text('outside', redirect)).replaceAll(`:${port}`, ':own'));
}

async function timeouts(asked: Asked): Promise<void> {
  const [idle, used, heard, reset] = [freshPort(), freshPort(), freshPort(), freshPort()];
  const own = (text: string, port: number): string => text.replaceAll(`:${port}`, ':own');
  for (const port of [idle, used, heard]) await asked.one('inside', udp(from(5, port)));
  await asked.one('inside', tcp(from(5, reset, { destinationPort: 80 }), Flag.syn));
  await asked.one('outside', tcp(back(reset, { sourcePort: 80 }), Flag.rst | Flag.ack));
  for (let k = 0; k < 3; k++) {
    await asked.box.pass(1100);
    await asked.one('inside', udp(from(5, used)));
    await asked.one('outside', udp(back(heard)));
  }
  asked.note('UDP answer 3.3 s after the last packet, timeout 2 s', own(await asked.text('outside', udp(back(idle))), idle));
  asked.note('UDP answer, inside has sent every 1.1 s', own(await asked.text('outside', udp(back(used))), used));
  asked.note('UDP answer, outside alone has sent every 1.1 s', own(await asked.text('outside', udp(back(heard))), heard));
  asked.note('TCP from outside 3.3 s after RST, timeout 1 s', own(await asked.text('outside', tcp(back(reset, { sourcePort: 80 }), Flag.ack)), reset));
}

/** Asks everything. @returns what was seen, by question. */
export async function askAll(box: Box): Promise<Map<string, string>> {
  nextPort = 20_000;
  const asked = new Asked(box);
  for (const scenario of [mapping, filtering, connections, icmp, errors, fragments, configured, otherProtocols, timeouts]) await scenario(asked);
  return asked.notes;
}
