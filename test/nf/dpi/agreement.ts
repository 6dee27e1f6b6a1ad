/** Drives a capture through a DPI and compares what it says of each flow with what labels.json says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowRecord } from '../../../src/flow/flow-record.js';
import { LinkType } from '../../../src/memory/slot-layout.js';
import { dpi } from '../../../src/nf/dpi/index.js';
import { PROTOCOL_NAMES } from '../../../src/nf/dpi/protocol-table.js';
import type { FlowDetails } from '../../../src/nf/contract.js';
import { harness } from '../../../src/nf/harness.js';
import { FlowLog } from '../../../src/runtime/flow-log.js';
import { readCapture } from './capture-reader.js';

export interface Label {
  l4: string;
  a: string;
  b: string;
  protocol: string;
  host?: string;
}

export type Labels = Record<string, { link: string; flows: Label[] }>;

export interface Comparison {
  file: string;
  flow: string;
  wanted: string;
  found: string;
  wantedHost: string;
  foundHost: string;
}

export function readLabels(folder: string): Labels {
  return JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Labels;
}

const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, LinkType.null], [1, LinkType.ethernet], [12, LinkType.raw], [101, LinkType.raw], [113, LinkType.linuxSll], [228, LinkType.raw],
  [229, LinkType.raw], [276, LinkType.linuxSll2],
]);

/** What the DPI said of a flow in the end. */
export interface Said {
  protocol: string;
  host: string;
  details: FlowDetails;
  hasPayload: boolean;
}

/** A flow's name: its ends in order, so that both directions have it, and what it goes over. */
export const flowKey = (l4: string, a: string, b: string): string => `${[a, b].sort().join(' ')} ${l4}`;

/** Drives a capture through a DPI: what it said of each flow. */
export async function inspectCapture(path: string): Promise<ReadonlyMap<string, Said>> {
  // The signatures are there so that the scan meets real streams too.
  const nf = await harness(dpi({ rules: [{ name: 'get', content: 'GET ' }, { name: 'windows', content: 'windows', nocase: true }] }));
  const seen = new Map<string, { id: number; first: string; hasPayload: boolean }>();
  for (const { bytes, linkType, timestampMs } of readCapture(readFileSync(path))) {
    const link = LINK_TYPES.get(linkType);
    const tuple = link === undefined || bytes.length > 16_000 ? null : tupleOf(bytes, link);
    if (tuple === null || link === undefined) continue;
    const key = flowKey(tuple.l4, tuple.from, tuple.to);
    const flow = seen.get(key) ?? { id: seen.size + 1, first: tuple.from, hasPayload: false };
    if (!seen.has(key)) seen.set(key, flow);
    if (flow.id > 1000) continue; // the harness keeps 1024 flows
    flow.hasPayload ||= tuple.hasPayload;
    nf.process(bytes, { direction: flow.first === tuple.from ? 'forward' : 'reverse', timestampMs, flowId: flow.id, linkType: link });
  }
  const log = new FlowLog({ packetsOf: () => null }, true);
  for (const event of nf.flows) log.describe(event);
  return new Map([...seen].map(([key, { id, hasPayload }]) => [key, { ...log.flows([{ flowId: id } as FlowRecord])[0], hasPayload }]));
}

/** Flows that the DPI could see payload of, compared one by one. */
export async function compareCapture(folder: string, file: string, flows: readonly Label[]): Promise<Comparison[]> {
  const seen = await inspectCapture(join(folder, file));
  return flows.flatMap((label) => {
    const found = seen.get(flowKey(label.l4, label.a, label.b));
    if (found?.hasPayload !== true) return [];
    return [{
      file, flow: `${label.l4} ${label.a} ${label.b}`, wanted: topLevel(label.protocol), found: topLevel(found.protocol),
      wantedHost: asLabelled(label.host ?? ''), foundHost: asLabelled(found.host),
    }];
  });
}

/** nDPI keeps the last 79 bytes of a name, and an underscore for a byte that no name may have. */
function asLabelled(host: string): string {
  return host.slice(-79).replaceAll('?', '_');
}

/** Labels say `TLS.Facebook`: the protocol, then whose service it is. */
function topLevel(name: string): string {
  return name.split('.')[0];
}

const SCOPE = new Set(PROTOCOL_NAMES.map(topLevel));

/** True for flows whose protocol, as the labels name it, is in the DPI's table. */
export const isInScope = ({ wanted }: Comparison): boolean => SCOPE.has(wanted);

/** IPv6 headers that come before the upper layer. */
const EXTENSIONS = new Set([0, 43, 60]);
const L4_NAMES = new Map([[6, 'TCP'], [17, 'UDP'], [1, 'ICMP'], [58, 'ICMPV6'], [2, 'IGMP'], [103, 'PIM'], [112, 'VRRP'], [113, 'PGM']]);

/** Addresses and ports of a packet as the labels write them. A second reading, independent of the product's parser. */
function tupleOf(bytes: Uint8Array, link: number): { l4: string; from: string; to: string; hasPayload: boolean } | null {
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  let at = link === LinkType.ethernet ? 14 : link === LinkType.linuxSll ? 16 : link === LinkType.null ? 4 : link === LinkType.linuxSll2 ? 20 : 0;
  if (link === LinkType.ethernet) {
    let type = u16(12);
    for (; type === 0x8100 || type === 0x88a8; at += 4) type = u16(at + 2);
    if (type !== 0x0800 && type !== 0x86dd) return null;
  }
  const version = (bytes[at] ?? 0) >> 4;
  let next: number;
  let l4At: number;
  let end: number;
  const ends: string[] = [];
  if (version === 4) {
    next = bytes[at + 9] ?? 0;
    l4At = at + (bytes[at] & 15) * 4;
    end = at + u16(at + 2);
    if ((u16(at + 6) & 0x1fff) !== 0) return null;
    for (const from of [at + 12, at + 16]) ends.push(bytes.slice(from, from + 4).join('.'));
  } else if (version === 6) {
    next = bytes[at + 6] ?? 0;
    l4At = at + 40;
    end = at + 40 + u16(at + 4);
    for (; EXTENSIONS.has(next); l4At += 8 * (1 + (bytes[l4At + 1] ?? 0))) next = bytes[l4At] ?? 255;
    if (next === 44) {
      if ((u16(l4At + 2) & 0xfff8) !== 0) return null;
      next = bytes[l4At] ?? 255;
      l4At += 8;
    }
    for (const from of [at + 8, at + 24]) ends.push(`[${ipv6Text(Array.from({ length: 8 }, (_, k) => u16(from + 2 * k)))}]`);
  } else return null;
  const name = L4_NAMES.get(next) ?? String(next);
  const hasPorts = next === 6 || next === 17;
  const [from, to] = [hasPorts ? u16(l4At) : 0, hasPorts ? u16(l4At + 2) : 0];
  const headerBytes = next === 6 ? ((bytes[l4At + 12] ?? 0) >> 4) * 4 : next === 17 ? 8 : 0;
  const present = Math.min(end, bytes.length);
  // A receiver drops a datagram whose length is not its packet's, and an ICMP error is a matter of the flow that it quotes.
  const isSound = next !== 17 || (u16(l4At + 4) >= 8 && l4At + u16(l4At + 4) <= end);
  const isError = (next === 1 && ICMP_ERRORS.has(bytes[l4At] ?? 0)) || (next === 58 && (bytes[l4At] ?? 0) < 128);
  return { l4: name, from: `${ends[0]}:${from}`, to: `${ends[1]}:${to}`, hasPayload: present > l4At + headerBytes && isSound && !isError };
}

const ICMP_ERRORS = new Set([3, 4, 5, 11, 12]);

/** RFC 5952: the longest run of zeros becomes "::". */
function ipv6Text(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((found) => found[0]).sort((a, b) => b.replaceAll(':', '').length - a.replaceAll(':', '').length);
  const longest = runs.at(0);
  if (longest === undefined) return text;
  const at = text.indexOf(longest);
  return `${text.slice(0, at)}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}
