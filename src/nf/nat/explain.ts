/** How the NAT translated the packet, in words: for packets that are traced. */
import { Direction } from '../../memory/slot-layout.js';
import { formatIpv4 } from '../../packet/address.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { forward, type Verdict } from '../contract.js';
import { NO_FLOW } from './flow-memory.js';
import { Binding, BindingKind, Flow, FlowState, NO_ADDRESS, NONE } from './layout.js';
import type { Parts } from './parts.js';

const NAMES: Readonly<Record<number, string>> = { [IpProtocol.tcp]: 'tcp', [IpProtocol.udp]: 'udp', [IpProtocol.icmp]: 'icmp' };

/** The packet is as `process` left it. */
export function explainTranslation({ flows, bindings, statics }: Parts, packet: Packet, verdict: Verdict): string {
  if (verdict !== forward) return '';
  const at = flows.of(packet);
  if (flows.has(at, FlowState.excluded)) return 'excluded from translation';
  const binding = at === NO_FLOW ? NONE : flows.words[at + Flow.binding];
  if (binding !== NONE && bindings.words[binding + Binding.serial] === flows.words[at + Flow.serial]) {
    const isError = packet.icmp()?.isError === true;
    const hairpin = flows.has(at, FlowState.hairpin) ? ', and turned back' : '';
    return `${isError ? 'about ' : ''}${mappingText(bindings.words, binding)}${hairpin}`;
  }
  const ip = packet.ipv4();
  if (ip === null) return 'not translated';
  const isOut = packet.direction === Direction.forward;
  const inside = isOut ? statics.insideOf(ip.sourceBits) : ip.destinationBits;
  const external = isOut ? ip.sourceBits : statics.externalOf(ip.destinationBits);
  return inside !== NO_ADDRESS && external !== NO_ADDRESS ? `static ${formatIpv4(inside)} = ${formatIpv4(external)}` : 'not translated';
}

/** `tcp 10.0.0.5:40000 = 203.0.113.1:40000`: inside and outside of one end. */
function mappingText(words: Uint32Array, at: number): string {
  const protocol = words[at + Binding.protocol];
  const end = (address: number, port: number): string => {
    if (protocol === IpProtocol.tcp || protocol === IpProtocol.udp) return `${formatIpv4(address)}:${port}`;
    return protocol === IpProtocol.icmp ? `${formatIpv4(address)} id ${port}` : formatIpv4(address);
  };
  const inside = end(words[at + Binding.insideAddress], words[at + Binding.insidePort]);
  const outside = end(words[at + Binding.externalAddress], words[at + Binding.externalPort]);
  const kind = words[at + Binding.kind] === BindingKind.forwarded ? ' (forwarded)' : '';
  return `${NAMES[protocol] ?? `proto ${protocol}`} ${inside} = ${outside}${kind}`;
}
