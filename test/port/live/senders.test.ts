/** Senders look at slot headers again: any VM can write them after the manager has checked. Real system calls, on a file and on nothing. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ControlLayout } from '../../../src/memory/control-memory.js';
import { allocateRegion, Region } from '../../../src/memory/region.js';
import type { SharedSpec } from '../../../src/memory/shared-spec.js';
import { SlotHeaders } from '../../../src/memory/slot-headers.js';
import { HEADER_BYTES, HeaderOffset, LinkType, ParseFlag, VerdictKind, initialDataOffset } from '../../../src/memory/slot-layout.js';
import { BUILT_IN_DROPS } from '../../../src/observe/drop-reasons.js';
import { FrameSender } from '../../../src/port/live/native/frame-sender.js';
import { loadLibc } from '../../../src/port/live/native/libc.js';
import { OFFLOAD_BYTES, writeBegun } from '../../../src/port/live/native/offload.js';
import { TapDevice } from '../../../src/port/live/native/tap-device.js';
import { KernelRingConsumer, KernelRingProducer, ADDRESS_WORDS, DESCRIPTOR_WORDS } from '../../../src/port/live/native/xdp/kernel-ring.js';
import { XdpSender } from '../../../src/port/live/native/xdp/xdp-sender.js';
import { SendingEnd } from '../../../src/port/live/ring-ends.js';
import { DOORBELL_BYTES } from '../../../src/ring/doorbell.js';
import { ringBytes } from '../../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../../src/ring/spsc-ring.js';

const libc = await loadLibc().catch((error: unknown) => {
  console.warn(`skipped: ${String(error)}`);
  return null;
});
const SLOT_BYTES = 2048;
const FRAME_BYTES = 60;

/** A port's sending end with packets in its tx ring, and what became of each. */
class Bench {
  readonly end: SendingEnd;
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #tx: RingProducer;
  readonly #completion: RingConsumer;
  #slot = 0;

  constructor() {
    const control = new ControlLayout();
    const ring = () => ({ offset: control.reserve(ringBytes(256)), capacity: 256 });
    const rings = { fill: ring(), rx: ring(), tx: ring(), completion: ring(), exhaustedOffset: 0, doorbellOffset: control.reserve(DOORBELL_BYTES) };
    const headersOffset = control.reserve(16 * HEADER_BYTES);
    const managerDoorbellOffset = control.reserve(DOORBELL_BYTES);
    const shared = { region: allocateRegion({ slots: 16, slotBytes: SLOT_BYTES, scratchBytes: 0 }), control: new SharedArrayBuffer(control.bytes), headersOffset, managerDoorbellOffset } as SharedSpec;
    this.#region = new Region(shared.region);
    this.#headers = new SlotHeaders(shared.control, headersOffset, 16);
    this.#tx = new RingProducer(shared.control, rings.tx);
    this.#completion = new RingConsumer(shared.control, rings.completion);
    this.end = new SendingEnd(shared, rings);
  }

  /** A sound frame of bytes `fill`, and what a VM made of its header. */
  packet(fill: number, damage: { dataOffset?: number; length?: number; checksumStart?: number } = {}): void {
    const slot = this.#slot++;
    const address = this.#region.address(slot);
    const dataOffset = initialDataOffset(slot);
    this.#region.bytes.fill(fill, address + dataOffset, address + dataOffset + FRAME_BYTES);
    const { u8, u32 } = this.#headers;
    u32[slot << 4] = damage.dataOffset ?? dataOffset;
    u32[(slot << 4) + 1] = damage.length ?? FRAME_BYTES;
    u8[(slot << 6) + HeaderOffset.linkType] = LinkType.ethernet;
    if (damage.checksumStart !== undefined) {
      u8[(slot << 6) + HeaderOffset.parseFlags] = ParseFlag.offload;
      writeBegun(this.#region.bytes, address, damage.checksumStart, 16);
    }
    this.#tx.push(address);
    this.#tx.publish();
  }

  /** In the order of completion: slot and `sent`, or the drop reason. */
  outcomes(): string[] {
    const out = new Uint32Array(64);
    const { u8, u16 } = this.#headers;
    return Array.from(out.subarray(0, this.#completion.take(out, 64)), (address) => {
      const slot = this.#region.slotIndex(address);
      const isDropped = u8[(slot << 6) + HeaderOffset.verdict] === VerdictKind.drop;
      return `${slot} ${isDropped ? BUILT_IN_DROPS[u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] - 1].name : 'sent'}`;
    });
  }
}

function damaged(bench: Bench): void {
  bench.packet(0xa0);
  bench.packet(0xa1, { length: SLOT_BYTES });
  bench.packet(0xa2, { length: 0xffffffff });
  bench.packet(0xa3, { dataOffset: 0xfffffff0 });
  bench.packet(0xa4, { length: 0 });
  bench.packet(0xa5, { checksumStart: FRAME_BYTES - 10 });
  bench.packet(0xa6, { checksumStart: 20 });
  bench.packet(0xa7);
}
const REFUSED = ['1 egress-failed', '2 egress-failed', '3 egress-failed', '4 egress-failed', '5 offload-invalid'];

describe.skipIf(libc === null)('a slot header that points out of its slot', () => {
  it('is dropped by name by the sender of frames, and not a byte of it is sent', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-sender-'));
    const file = join(folder, 'sent');
    const descriptor = openSync(file, 'w');
    const bench = new Bench();
    const sender = new FrameSender(libc!, new TapDevice(libc!, descriptor), bench.end, bench.end, LinkType.ethernet);
    damaged(bench);
    expect(sender.poll()).toBe(8);
    expect(bench.outcomes()).toEqual(['0 sent', ...REFUSED, '6 sent', '7 sent']);
    closeSync(descriptor);
    const sent = readFileSync(file);
    rmSync(folder, { recursive: true });
    expect(sent.length).toBe(3 * (OFFLOAD_BYTES + FRAME_BYTES));
    expect([0, 1, 2].map((k) => sent[k * (OFFLOAD_BYTES + FRAME_BYTES) + OFFLOAD_BYTES])).toEqual([0xa0, 0xa6, 0xa7]);
  });

  it('is dropped by name by the sender of an XDP socket; and what the kernel refuses is given up without waiting', () => {
    const mapped = (words: number) => {
      const buffer = new ArrayBuffer(12 + 16 * words * 4);
      return [() => buffer, { address: 0, bytes: buffer.byteLength, producer: 0, consumer: 4, entries: 12, capacity: 16 }, words] as const;
    };
    const bench = new Bench();
    const tx = new KernelRingProducer(...mapped(DESCRIPTOR_WORDS));
    let waits = 0;
    // No such descriptor: the kernel answers EBADF, which no waiting mends.
    const options = { descriptor: 1 << 20, mtu: 0xfffffff0, sums: false, isOut: () => false, wait: () => { waits++; } };
    const sender = new XdpSender(libc!, bench.end, bench.end, tx, new KernelRingConsumer(...mapped(ADDRESS_WORDS)), options);
    damaged(bench);
    expect(sender.poll()).toBe(8);
    expect(bench.outcomes()).toEqual([...REFUSED, '0 egress-failed', '6 egress-failed', '7 egress-failed']);
    expect([waits, sender.sending, tx.occupancy(), tx.waiting(0)]).toEqual([0, 0, 3, -1]);
  });
});
