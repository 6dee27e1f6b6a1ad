/**
 * Hot: no allocation. The short way of what a NAT sees most: a packet of an established TCP or UDP flow, whose binding the flow
 * remembers, so that it costs no lookup by key in either direction. It does what first-look.ts would, and nothing else; any
 * other packet is left as it was.
 *
 * Written out, as a closure over constants (docs/hot-code.md). Checksums are mended by RFC 1624.
 */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import type { Counter } from '../contract.js';
import { Binding, Flow, FlowState, type NatContext, NONE } from './layout.js';
import type { Lifetimes } from './lifetimes.js';
import type { NatOptions } from './options.js';
import { rewriteEnd } from './rewrite.js';

const PLAIN_IPV4 = 0x45;
const SOURCE = 12;
const DESTINATION = 16;
const DESTINATION_PORT = 2;
const TCP_FLAGS = 13;
/** Bytes of a TCP header that are looked at here; a UDP header is shorter, and whatever follows it lies in the slot or the region. */
const READ_BYTES = 18;
// Short names for what the lines below read most.
const TCP: number = IpProtocol.tcp;
const FORWARD: number = Direction.forward;
const [BINDING, FLOW_SERIAL, STATE] = [Flow.binding, Flow.serial, Flow.state];
const [OPENED, ADMITTED, ESTABLISHED] = [FlowState.opened, FlowState.admitted, FlowState.established];
/** An address, and behind it its port. */
const [INSIDE, EXTERNAL, SERIAL, EXPIRES] = [Binding.insideAddress, Binding.externalAddress, Binding.serial, Binding.expires];
const TURNS = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

export interface ShortWay {
  /** Other options. */
  update(timeouts: NatOptions['timeouts'], lifetimes: Lifetimes): void;
  /** Translates the packet. False when what the flow remembers, at `flowAt`, does not fit it, which then is as it was. */
  takes(packet: Packet, flowAt: number): boolean;
}

export function shortWayOf(context: NatContext): ShortWay {
  const { counters, state } = context;
  const itsBindings = state.bindings.words;
  const itsFlows = state.flows.words;
  const translatedOut: Counter = counters['translated-out'];
  const translatedIn: Counter = counters['translated-in'];
  let lifetimes: Lifetimes | null = null;
  /** Whole seconds that a binding in use lives, at least. */
  let tcpSeconds = 0;
  let udpSeconds = 0;

  return {
    update(timeouts, of) {
      lifetimes = of;
      tcpSeconds = Math.ceil(timeouts.tcpEstablishedSeconds);
      udpSeconds = Math.ceil(timeouts.udpSeconds);
    },

    takes(packet, flowAt) {
      const words = itsBindings;
      const flowWords = itsFlows;
      const l4Offset = packet.l4Offset;
      if (l4Offset === 0 || packet.isFragment) return false;
      const { bytes, view, start, l4 } = packet;
      const ip = start + packet.l3Offset;
      const l4At = start + l4Offset;
      // Any thread can write headers, and a view throws where an array would read nothing.
      if (ip + DESTINATION + 4 > l4At || l4At + READ_BYTES > bytes.length) return false;
      // Options may hold a source route, which needs a longer look.
      if (view.getUint8(ip) !== PLAIN_IPV4) return false;
      const at = flowWords[flowAt + BINDING];
      const seconds = context.nowSeconds();
      const expires = words[at + EXPIRES];
      if (words[at] !== l4 || words[at + SERIAL] !== flowWords[flowAt + FLOW_SERIAL] || expires <= seconds) return false;
      const flowState = flowWords[flowAt + STATE];
      const isOut = packet.direction === FORWARD;
      // The first packet that leaves has more to note.
      if ((flowState & (isOut ? OPENED : ADMITTED)) === 0) return false;
      const addressAt = ip + (isOut ? SOURCE : DESTINATION);
      const portAt = l4At + (isOut ? 0 : DESTINATION_PORT);
      const known = at + (isOut ? INSIDE : EXTERNAL);
      if (words[known + 1] !== view.getUint16(portAt) || (words[known] | 0) !== view.getInt32(addressAt)) return false;
      const other = at + (isOut ? EXTERNAL : INSIDE);
      rewriteEnd(view, ip, addressAt, l4At, portAt, l4, words[other], words[other + 1]);
      (isOut ? translatedOut : translatedIn).add(1);
      // Within a second a packet that says nothing new of its connection cannot make the binding live longer.
      if (l4 === TCP) {
        const flags = view.getUint8(l4At + TCP_FLAGS);
        if ((flowState & ESTABLISHED) !== 0 && (flags & TURNS) === 0 && expires > seconds + tcpSeconds) return true;
        lifetimes!.segment(flowAt, isOut, flags, isOut ? at : NONE, isOut ? NONE : at);
      } else if (expires <= seconds + udpSeconds) {
        lifetimes!.packet(l4, isOut ? at : NONE, isOut ? NONE : at);
      }
      return true;
    },
  };
}
