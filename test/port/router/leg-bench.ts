/** Both halves of a router's leg in one thread, over real rings and slots: what a test sends, hears and gets back. */
import { ControlLayout } from '../../../src/memory/control-memory.js';
import { allocateRegion } from '../../../src/memory/region.js';
import type { SharedSpec } from '../../../src/memory/shared-spec.js';
import { HEADER_BYTES, HeaderOffset, LinkType, VerdictKind } from '../../../src/memory/slot-layout.js';
import { parsePacket } from '../../../src/packet/parse.js';
import { parseIpv4, parseIpv6, parsePrefix } from '../../../src/packet/address.js';
import { BUILT_IN_DROPS } from '../../../src/observe/drop-reasons.js';
import { ReceivingEnd, SendingEnd } from '../../../src/port/live/ring-ends.js';
import type { PortThreadSpec } from '../../../src/port/live/thread-spec.js';
import { isMapped, linkLocalOf, mapped, type AddressWords, type LegAddress, type LegRoute, type LegSpec } from '../../../src/port/router/leg.js';
import { REPORT_RING_CAPACITY } from '../../../src/port/router/reports.js';
import { startGate } from '../../../src/port/router/start-leg.js';
import { RouterEgress } from '../../../src/port/router/egress.js';
import { ReportReader } from '../../../src/port/router/reports.js';
import { DOORBELL_BYTES } from '../../../src/ring/doorbell.js';
import { ringBytes } from '../../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../../src/ring/spsc-ring.js';

/** Where `ethernet` of packets.ts sends frames. */
export const MAC = 0x02_00_00_00_00_00;
export const PEER = 0x02_00_00_00_00_99;

export function words(text: string): AddressWords {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return mapped(ipv4);
  const [a, b, c, d] = parseIpv6(text)!;
  return [a, b, c, d];
}
export const legAddress = (text: string): LegAddress => {
  const address = words(text.split('/')[0]);
  return { words: address, length: Number(text.split('/')[1]) + (isMapped(address) ? 96 : 0) };
};
export const route = (to: string, via: string | null): LegRoute => {
  const { words: prefix, length, version } = parsePrefix(to)!;
  const four: AddressWords = version === 4 ? mapped(prefix[0]) : [prefix[0], prefix[1], prefix[2], prefix[3]];
  return { words: four, length: length + (version === 4 ? 96 : 0), via: via === null ? null : words(via) };
};
export const leg = (addresses: readonly string[], more: Partial<LegSpec> = {}): LegSpec => ({
  mac: MAC, mtu: 1500, routes: [], clampMss: null, detectDuplicates: true, ...more, addresses: [...addresses.map(legAddress), linkLocalOf(more.mac ?? MAC)],
});

interface Concluded {
  slot: number;
  /** `sent`, or a drop reason with `answered` or `dropped` in front. */
  outcome: string;
  bytes: Uint8Array;
}

/** The leg of port 1 (`outside`); packets come in by port 0 (`inside`). */
export class LegBench {
  nowMs = 1000;
  /** Frames of the leg's own making. */
  readonly said: Uint8Array[] = [];
  readonly gate;
  readonly egress: RouterEgress;
  readonly #receiving: ReceivingEnd;
  readonly #sending: SendingEnd;
  readonly #tx: RingProducer;
  readonly #completion: RingConsumer;
  #nextSlot = 0;
  readonly #slots: number;

  constructor(inside: LegSpec | null, outside: LegSpec, { slots = 64, slotBytes = 4096, linkType = LinkType.ethernet }: { slots?: number; slotBytes?: number; linkType?: number } = {}) {
    const control = new ControlLayout();
    const ring = (capacity: number) => ({ offset: control.reserve(ringBytes(capacity)), capacity });
    const thread: PortThreadSpec = {
      port: 1, name: 'outside', half: 'both',
      rings: { fill: ring(256), rx: ring(256), tx: ring(256), completion: ring(256), exhaustedOffset: control.reserve(4), doorbellOffset: control.reserve(DOORBELL_BYTES) },
      busyOffset: 0, doorbellOffset: control.reserve(DOORBELL_BYTES), countersOffset: 0, reports: ring(REPORT_RING_CAPACITY),
    };
    const headersOffset = control.reserve(slots * HEADER_BYTES);
    const managerDoorbellOffset = control.reserve(DOORBELL_BYTES);
    const shared: SharedSpec = {
      region: allocateRegion({ slots, slotBytes, scratchBytes: 0 }), control: new SharedArrayBuffer(control.bytes), headersOffset, runStateOffset: 0,
      managerDoorbellOffset, mainDoorbellOffset: managerDoorbellOffset, burst: 64, mode: 'zero-copy', clock: 'wall',
    };
    this.#slots = slots;
    this.#receiving = new ReceivingEnd(shared, thread.rings);
    this.#sending = new SendingEnd(shared, thread.rings);
    this.#tx = new RingProducer(shared.control, thread.rings.tx);
    this.#completion = new RingConsumer(shared.control, thread.rings.completion);
    const outlet = {
      send: (bytes: Uint8Array, start: number, length: number): void => void this.said.push(bytes.slice(start, start + length)),
      sendPieces: (head: Uint8Array, headBytes: number, region: Uint8Array, start: number, length: number): boolean =>
        this.said.push(Uint8Array.from([...head.slice(0, headBytes), ...region.slice(start, start + length)])) > 0,
    };
    const legs = [inside, outside];
    const reports = thread.reports!;
    this.gate = startGate({ leg: outside, legs, reports }, shared, thread, this.#receiving, linkType, outlet);
    this.egress = new RouterEgress(this.#sending, { legs, port: 1, linkType, reports: new ReportReader(shared.control, reports), outlet, clock: () => this.nowMs });
  }

  /** What the leg does with a frame that arrives: `pass`, or its drop reason; and the frame afterwards. */
  hears(frame: Uint8Array): string {
    const { region } = this.#receiving;
    const start = region.address(this.#slots - 1) + 128;
    region.bytes.fill(0xee, start, start + 2000);
    region.bytes.set(frame, start);
    const reason = this.gate.admit(start, frame.length);
    if (reason === 0 && Buffer.compare(region.bytes.slice(start, start + frame.length), frame) !== 0) throw new Error('a frame that passes was changed');
    return reason === 0 ? 'pass' : BUILT_IN_DROPS[reason - 1].name;
  }

  /** Gives a packet for transmission, as the manager does. */
  transmit(frame: Uint8Array, linkType: number = LinkType.ethernet): number {
    const { region, headers } = this.#sending;
    const slot = this.#nextSlot++ % (this.#slots - 1);
    const address = region.address(slot);
    const offset = 256;
    region.bytes.set(frame, address + offset);
    headers.u32[slot << 4] = offset;
    headers.u32[(slot << 4) + 1] = frame.length;
    headers.u32[(slot << 4) + 2] = frame.length;
    headers.u8.fill(0, (slot << 6) + 12, (slot << 6) + 64);
    headers.u8[(slot << 6) + HeaderOffset.linkType] = linkType;
    headers.u8[(slot << 6) + HeaderOffset.ingressPort] = 0;
    parsePacket(region.bytes, address + offset, frame.length, headers, slot);
    this.#tx.push(address);
    this.#tx.publish();
    return slot;
  }

  /** One turn of the sending thread: what is over then. */
  turn(): Concluded[] {
    const batch = new Uint32Array(64);
    for (let count = this.egress.take(batch, 64); count > 0; count = this.egress.take(batch, 64)) {
      for (let k = 0; k < count; k++) this.#sending.sent(batch[k]);
    }
    this.#sending.publish();
    const { region, headers } = this.#sending;
    const over: Concluded[] = [];
    for (let count = this.#completion.take(batch, 64); count > 0; count = this.#completion.take(batch, 64)) {
      for (let k = 0; k < count; k++) {
        const slot = region.slotIndex(batch[k]);
        const verdict = headers.u8[(slot << 6) + HeaderOffset.verdict];
        const reason = headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)];
        const start = batch[k] + headers.u32[slot << 4];
        const outcome = verdict === VerdictKind.forward ? 'sent' : `${verdict === VerdictKind.reply ? 'answered' : 'dropped'} ${BUILT_IN_DROPS[reason - 1].name}`;
        over.push({ slot, outcome, bytes: region.bytes.slice(start, start + headers.u32[(slot << 4) + 1]) });
      }
    }
    return over;
  }

  /** The answer of an IPv4 neighbour that was asked for. */
  answers(address: string, mac = PEER): void {
    this.hears(arpFrame(2, mac, words(address)[3], MAC, Buffer.from(this.said.at(-1)!).readUInt32BE(28)));
  }
}

export function arpFrame(operation: number, sourceMac: number, source: number, targetMac: number, target: number, to = MAC): Uint8Array {
  const frame = Buffer.alloc(60);
  frame.writeUIntBE(to, 0, 6);
  frame.writeUIntBE(sourceMac, 6, 6);
  frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, operation], 12);
  frame.writeUIntBE(sourceMac, 22, 6);
  frame.writeUInt32BE(source, 28);
  frame.writeUIntBE(targetMac, 32, 6);
  frame.writeUInt32BE(target, 38);
  return Uint8Array.from(frame);
}
