/** A port of a plan in the words in which it was written: by key, as text. For people: nothing is read from it again. */
import { formatIpv4, formatIpv6, formatMac } from '../packet/address.js';
import { isMapped, MAPPED_BITS, type AddressWords } from '../port/router/leg.js';
import type { LegPlan } from './live-ports.js';
import { describe } from './place.js';
import type { PlanPortSpec } from './plan.js';

/** Keys as a configuration has them; those that were left out are not there. */
export type WrittenPort = Readonly<Record<string, string>>;

export function writtenPort(spec: PlanPortSpec): WrittenPort {
  switch (spec.kind) {
    case 'capture':
      return { ...given({ kind: spec.kind, capture: spec.file, side: spec.side, inside: spec.inside === null ? null : spec.inside.join(', '), write: spec.write }) };
    case 'vxlan': {
      const { kind, vni, localAddress, localPort, remoteAddress, remotePort, mtu, leg } = spec;
      return { ...(leg === null ? {} : writtenLeg(leg)), ...given({ kind, vni, remote: endpoint(remoteAddress, remotePort), local: endpoint(localAddress, localPort), mtu }) };
    }
    case 'af-packet':
    case 'af-xdp':
    case 'tap':
    case 'tun':
      return { kind: spec.kind, interface: spec.interface, ...(spec.leg === null ? {} : writtenLeg(spec.leg)) };
    case 'memory':
      return given({ kind: spec.kind, packets: spec.packets.length, linkType: spec.linkType });
    default:
      return given({ ...spec });
  }
}

export function writtenLeg({ addresses, routes, mac, mtu, clampMss, detectDuplicates }: LegPlan): WrittenPort {
  return given({
    addresses: addresses.map(({ words, length }) => prefix(words, length)).join(', '),
    routes: routes.length === 0 ? null : routes.map(({ words, length, via }) => `${prefix(words, length)}${via === null ? '' : ` via ${address(via)}`}`).join(', '),
    mac: mac === null ? null : formatMac(mac),
    mtu,
    clampMss: clampMss === 'auto' ? true : clampMss,
    detectDuplicates: detectDuplicates ? null : false,
  });
}

/** Without what was left out. */
function given(keys: Readonly<Record<string, unknown>>): WrittenPort {
  const entries = Object.entries(keys).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : describe(value)]));
}

function address(words: AddressWords): string {
  return isMapped(words) ? formatIpv4(words[3]) : formatIpv6(...words);
}

function prefix(words: AddressWords, length: number): string {
  return `${address(words)}/${isMapped(words) ? length - MAPPED_BITS : length}`;
}

function endpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
