/** Header parse, checksums, and the copy into a slot. */
import { checksum, updateChecksum16 } from '../../src/packet/checksum.js';
import { BlockCopier } from '../../src/memory/block-copier.js';
import { HeaderOffset } from '../../src/memory/slot-layout.js';
import { parsePacket } from '../../src/packet/parse.js';
import type { GeneratorOptions } from '../../src/port/generator.js';
import { FrameMemory, allAddresses, frameGenerator } from '../frames.js';
import { InvalidMeasurement } from '../sample.js';
import { OPERATIONS, type MicroCase } from './micro-case.js';

/** As many as are under way when a chain keeps up: they stay in cache. */
const PACKETS = 64;
const FRAME_BYTES = 128;
const VLAN_ID = 7;
const SLOT_BYTES = 16384;

/** Slots full of packets of the generator. */
export function packets(options: Omit<GeneratorOptions, 'packets'>, count = PACKETS): FrameMemory {
  const memory = new FrameMemory(count, 512);
  const made = frameGenerator({ ...options, packets: count }, memory).receive(allAddresses(memory), count);
  if (made !== count) throw new InvalidMeasurement(`the generator made ${made} of ${count} packets`);
  return memory;
}

/** Puts a tag behind the hardware addresses of every packet. */
function tag(memory: FrameMemory): FrameMemory {
  for (let slot = 0; slot < PACKETS; slot++) {
    const start = memory.start(slot);
    memory.region.copyWithin(start + 16, start + 12, start + memory.length(slot));
    memory.region.set([0x81, 0x00, 0, VLAN_ID], start + 12);
    memory.headers.u32[(slot << 4) + 1] += 4;
    memory.headers.u32[(slot << 4) + 2] += 4;
  }
  return memory;
}

function parseCase(name: string, memory: FrameMemory, l4: number, l4Offset: number): MicroCase {
  const { region, headers } = memory;
  const starts = Uint32Array.from({ length: PACKETS }, (_, slot) => memory.start(slot));
  const length = memory.length(0);
  const call = (): number => {
    for (let k = 0; k < OPERATIONS; k++) {
      const slot = k & (PACKETS - 1);
      parsePacket(region, starts[slot], length, headers, slot);
    }
    return headers.u8[HeaderOffset.l4] * 1000 + headers.u16[HeaderOffset.l4Offset >> 1];
  };
  return { name: `parse ${name}`, bytes: length, burst: null, operations: OPERATIONS, unit: 'packet', call, expected: l4 * 1000 + l4Offset };
}

export function parseCases(seed: number): MicroCase[] {
  const of = (protocol: 'udp' | 'tcp', version: 4 | 6): FrameMemory => packets({ protocol, version, lengths: FRAME_BYTES, flows: PACKETS, seed });
  return [
    parseCase('UDP over IPv4', of('udp', 4), 17, 34),
    parseCase('TCP over IPv4', of('tcp', 4), 6, 34),
    parseCase('UDP over IPv6', of('udp', 6), 17, 54),
    parseCase('UDP over IPv4 with VLAN', tag(of('udp', 4)), 17, 38),
  ];
}

export function checksumCases(seed: number): MicroCase[] {
  const bytes = new FrameMemory(1, SLOT_BYTES);
  frameGenerator({ packets: 1, lengths: 9000, seed }, bytes).receive(allAddresses(bytes), 1);
  const { region } = bytes;
  const at = bytes.start(0);
  const whole = [64, 1500].map((length): MicroCase => {
    const once = checksum(region, at, length);
    const call = (): number => {
      let sum = 0;
      for (let k = 0; k < 64; k++) sum += checksum(region, at, length);
      return sum;
    };
    return { name: 'checksum, whole', bytes: length, burst: null, operations: 64, unit: 'checksum', call, expected: 64 * once };
  });
  const call = (): number => {
    let sum = 0x1234;
    for (let k = 0; k < OPERATIONS; k++) sum = updateChecksum16(sum, k, k + 256);
    return sum;
  };
  return [...whole, { name: 'checksum, incremental', bytes: 2, burst: null, operations: OPERATIONS, unit: 'update', call, expected: call() }];
}

/** Ingress and egress of captures and of the generator: bytes of an own buffer to a slot, by the product's own routine. */
export function copyCases(seed: number): MicroCase[] {
  const memory = new FrameMemory(1, SLOT_BYTES);
  frameGenerator({ packets: 1, lengths: 64, seed }, memory).receive(allAddresses(memory), 1);
  const { region } = memory;
  const to = memory.start(0);
  const from = Uint8Array.from({ length: SLOT_BYTES }, (_, k) => (k * 31) & 255);
  const copier = new BlockCopier();
  const sizes = [64, 1500, 9000];
  return sizes.flatMap((bytes) => [0, 1].map((shift): MicroCase => {
    const call = (): number => {
      for (let k = 0; k < 64; k++) copier.copy(from, shift, region, to, bytes);
      return region[to + bytes - 1];
    };
    const name = shift === 0 ? 'copy to a slot, aligned alike' : 'copy to a slot, one byte off';
    return { name, bytes, burst: null, operations: 64, unit: 'packet', call, expected: from[shift + bytes - 1] };
  }));
}
