/** Reads pcap and pcapng whole, as far as the DPI's tests need it: packets with their link type and time. */

export interface CapturedPacket {
  bytes: Uint8Array;
  /** Number in the LINKTYPE registry. */
  linkType: number;
  timestampMs: number;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

export function readCapture(file: Uint8Array): CapturedPacket[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return view.getUint32(0) === SECTION_HEADER ? readPcapng(file, view) : readPcap(file, view);
}

function readPcap(file: Uint8Array, view: DataView): CapturedPacket[] {
  const little = [0xd4c3b2a1, 0x4d3cb2a1].includes(view.getUint32(0));
  const isNanos = [0x4d3cb2a1, 0xa1b23c4d].includes(view.getUint32(0));
  const linkType = view.getUint32(20, little) & 0xffff;
  const packets: CapturedPacket[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = view.getUint32(at + 8, little);
    if (at + 16 + length > file.length) break;
    const timestampMs = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / (isNanos ? 1e6 : 1e3);
    packets.push({ bytes: file.slice(at + 16, at + 16 + length), linkType, timestampMs });
    at += 16 + length;
  }
  return packets;
}

function readPcapng(file: Uint8Array, view: DataView): CapturedPacket[] {
  const packets: CapturedPacket[] = [];
  let little = true;
  let links: number[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    if (view.getUint32(at) === SECTION_HEADER) {
      little = view.getUint32(at + 8) === 0x4d3c2b1a;
      links = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || at + length > file.length) break;
    if (type === INTERFACE) links.push(view.getUint16(at + 8, little));
    if (type === ENHANCED_PACKET) {
      const captured = view.getUint32(at + 20, little);
      const ticks = view.getUint32(at + 12, little) * 2 ** 32 + view.getUint32(at + 16, little);
      packets.push({ bytes: file.slice(at + 28, at + 28 + captured), linkType: links[view.getUint32(at + 8, little)] ?? 0, timestampMs: ticks / 1000 });
    }
    if (type === SIMPLE_PACKET) packets.push({ bytes: file.slice(at + 12, at + length - 4), linkType: links[0] ?? 0, timestampMs: 0 });
    at += length;
  }
  return packets;
}
