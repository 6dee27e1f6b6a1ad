/**
 * What firewall, NAT and DPI cost a packet, each by itself in one thread: on 64 B flows, on recorded traffic, and the firewall
 * with more and more rules. `established`: flows that the function knows. `new`: the first packet of a flow each time.
 */
import { dpi, firewall, nat } from '../../src/runtime/stock-functions.js';
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import { Alone } from '../functions/alone.js';
import { scanCases } from '../functions/scan-cases.js';
import type { MicroCase } from '../micro/micro-case.js';
import { packets as generated } from '../micro/packet-cases.js';
import type { BenchSettings } from '../settings.js';
import { loadTraffic, type Traffic } from '../traffic/load.js';
import type { Recorded } from '../traffic/record.js';
import type { BenchCase, Group, Way } from '../way.js';
import { microWay } from './micro-case.js';

/** Each flow has a packet, so that none is established by its neighbour. */
const FLOWS = 1024;
const FRAME_BYTES = 64;
const RULE_COUNTS = [10, 100, 1000, 10_000];
const EXTERNAL = '203.0.113.1';
/** Longer than an unanswered binding lives. */
const FORGOTTEN_SECONDS = 600;

/** Rules as an office has them: hosts and networks, ports and lists, both directions, the last one for the traffic here. */
export function officeRules(count: number): string[] {
  const rules = Array.from({ length: count - 1 }, (_, k) => {
    const [a, b] = [(k >> 6) & 255, (k * 4) & 255];
    if (k % 4 === 0) return `deny out tcp from 172.16.${a}.${b} to any port ${1000 + (k % 5000)}`;
    if (k % 4 === 1) return `allow out udp from any to 192.168.${a}.${b}/30 port 53`;
    if (k % 4 === 2) return `deny in tcp from 100.64.${a}.0/24 to 172.17.${a}.${b} port 80,443`;
    return `allow in tcp from any to 172.18.${a}.${b} port ${8000 + (k % 100)}`;
  });
  return [...rules, 'allow out any'];
}

function flows64(seed: number): Recorded[] {
  const memory = generated({ lengths: FRAME_BYTES, flows: FLOWS, seed }, FLOWS);
  return Array.from({ length: FLOWS }, (_, slot) => ({ side: 0 as const, bytes: memory.region.slice(memory.start(slot), memory.start(slot) + memory.length(slot)) }));
}

type Manner = 'established' | 'new' | 'new with a binding to be made';

interface Measurable {
  readonly name: string;
  readonly manner: Manner;
  readonly use: NetworkFunctionUse | null;
  readonly packets: readonly Recorded[];
  /** Whether replies are to be addressed to what NAT made of the packets that they answer. */
  readonly answersTranslated?: boolean;
}

async function microOf({ name, manner, use, packets, answersTranslated = false }: Measurable): Promise<MicroCase> {
  const alone = new Alone(packets);
  if (use !== null) await alone.run(use);
  if (answersTranslated) translateAnswers(alone, packets);
  const call = (): number => {
    if (manner !== 'established') alone.renewFlows();
    if (manner === 'new with a binding to be made') alone.wait(FORGOTTEN_SECONDS);
    return alone.pass();
  };
  // The second time all that can be known is known.
  call();
  const expected = call();
  const bytes = Math.round(packets.reduce((sum, packet) => sum + packet.bytes.length, 0) / packets.length);
  return { name, bytes, burst: null, flows: packets.length, operations: packets.length, unit: 'packet', call, expected };
}

/** A recording of traffic that was not translated has answers to inside addresses: they get the end that NAT gave out. */
function translateAnswers(alone: Alone, packets: readonly Recorded[]): void {
  const ends = new Map<string, readonly [number, number]>();
  const name = (protocol: number, address: number, port: number): string => `${protocol} ${address}:${port}`;
  const { packet } = alone;
  packets.forEach(({ side }, slot) => {
    alone.putBack(slot);
    const [ip, l4] = [packet.ipv4(), packet.tcp() ?? packet.udp()];
    if (ip === null || l4 === null) return;
    if (side === 0) {
      const inside = name(ip.protocol, ip.source, l4.sourcePort);
      if (alone.handle(slot)) ends.set(inside, [packet.ipv4()!.source, (packet.tcp() ?? packet.udp())!.sourcePort]);
      return;
    }
    const end = ends.get(name(ip.protocol, ip.destination, l4.destinationPort));
    if (end === undefined) return;
    packet.rewriteDestinationEnd(...end);
    alone.keep(slot);
    alone.handle(slot);
  });
}

const WITH_BINDING = 'new with a binding to be made';

function natUse(): NetworkFunctionUse {
  return nat({ external: EXTERNAL });
}

async function onFlows(seed: number): Promise<MicroCase[]> {
  const packets = flows64(seed);
  const uses: readonly [string, Manner, NetworkFunctionUse | null][] = [
    ['put back', 'established', null],
    ...RULE_COUNTS.flatMap((count) => (['established', 'new'] as const).map((manner): [string, Manner, NetworkFunctionUse] => [`firewall, ${count} rules, ${manner}`, manner, firewall({ rules: officeRules(count) })])),
    ['nat, established', 'established', natUse()],
    ['nat, new', 'new', natUse()],
    [`nat, ${WITH_BINDING}`, WITH_BINDING, natUse()],
    ['dpi, established', 'established', dpi({})],
    ['dpi, new', 'new', dpi({})],
  ];
  const cases: MicroCase[] = [];
  for (const [name, manner, use] of uses) cases.push(await microOf({ name, manner, use, packets }));
  return cases;
}

async function onTraffic({ packets }: Traffic): Promise<MicroCase[]> {
  const cases: MicroCase[] = [];
  const measurables: Omit<Measurable, 'packets'>[] = [
    { name: 'put back', manner: 'established', use: null },
    { name: 'firewall, 10 rules, established', manner: 'established', use: firewall({ rules: officeRules(10) }) },
    { name: 'nat, established', manner: 'established', use: natUse(), answersTranslated: true },
    { name: 'dpi, established', manner: 'established', use: dpi({}) },
    { name: 'dpi, new', manner: 'new', use: dpi({}) },
  ];
  for (const each of measurables) cases.push(await microOf({ ...each, packets }));
  return cases;
}

/** Captures in memory at a time: slots of 2 KiB, half a gigabyte. */
const MOST_PACKETS = 50_000;

async function groups(settings: BenchSettings): Promise<Group[]> {
  const ways = (cases: readonly MicroCase[]): Way[] => cases.map((micro) => microWay(micro, settings));
  const traffic = await loadTraffic(settings.captures, () => []);
  const kept = { ...traffic, packets: traffic.packets.slice(0, MOST_PACKETS) };
  return [
    { name: `${FRAME_BYTES} B flows`, ways: ways(await onFlows(settings.seed)) },
    { name: `packets of ${traffic.name === 'office' ? 'the example' : 'the captures'}`, ways: ways(await onTraffic(kept)) },
    { name: 'strings in payloads', ways: ways(scanCases(kept.packets)) },
  ];
}

export const functionsCase: BenchCase = { name: 'functions', says: 'firewall, NAT and DPI each by itself in one thread: 64 B flows, recorded traffic, and rules up to 10,000', byDefault: true, groups };
