import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { conversations, FRAME_BYTES } from '../../bench/traffic/conversations.js';
import { copies } from '../../bench/traffic/copies.js';
import { pack } from '../../bench/traffic/pack.js';
import type { Recorded } from '../../bench/traffic/record.js';
import { schedule } from '../../bench/traffic/schedule.js';
import { allAddresses, FrameMemory } from '../../bench/frames.js';
import { externalAddresses } from '../../bench/functions/edge.js';
import { Cell, newPanel } from '../../bench/ports/panel.js';
import { newBarrier, type ReplayOptions } from '../../bench/ports/port-options.js';
import { Replay, ReplaySide } from '../../bench/ports/replay.js';
import { Window } from '../../bench/ports/window.js';
import { recordedWriter } from '../../bench/ports/recorded-writer.js';
import { areTogether, inCommon, measuredOf, type RecordedWindow } from '../../bench/recorded-run.js';
import { splitByExternal } from '../../bench/traffic/split.js';
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import { AddressPool } from '../../src/nf/nat/address-pool.js';
import { checksum, pseudoHeaderSum } from '../../src/packet/checksum.js';

const packet = (connection: number, side: 0 | 1, number = 0): Recorded => ({ side, connection, bytes: Uint8Array.of(connection, side, number) });

/** Of each packet, in the order in which they are sent. */
const phaseOf = (phases: Uint32Array, place: number): number => phases.findIndex((end, at) => at > 0 && place < end) - 1;

describe('the order of recorded packets', () => {
  it('keeps every packet behind what it may answer, each side in its order, and no phase too long', () => {
    const recordings = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(0 as const, 1 as const)), { minLength: 1, maxLength: 80 });
    fc.assert(fc.property(recordings, fc.constantFrom(1, 3), fc.integer({ min: 1, max: 5 }), (recording, lag, most) => {
      const packets = recording.map(([connection, side], number) => packet(connection, side, number));
      const ordered = schedule(packets, lag, most);
      expect(new Set(ordered.packets)).toEqual(new Set(packets));
      expect(ordered.phases.at(-1)).toBe(packets.length);
      for (let phase = 1; phase < ordered.phases.length; phase++) {
        const inside = ordered.packets.slice(ordered.phases[phase - 1], ordered.phases[phase]);
        expect(inside.length).toBeLessThanOrEqual(most);
        for (const { side } of inside) expect(side).toBe((phase - 1) & 1);
      }
      for (const [at, later] of packets.entries()) {
        for (const earlier of packets.slice(0, at).filter(({ connection }) => connection === later.connection)) {
          const [first, second] = [ordered.packets.indexOf(earlier), ordered.packets.indexOf(later)];
          if (earlier.side === later.side) expect(first).toBeLessThan(second);
          else expect(phaseOf(ordered.phases, second) - phaseOf(ordered.phases, first)).toBeGreaterThanOrEqual(lag);
        }
      }
    }));
  });

  it('lets data be a few bare acknowledgements ahead, and no acknowledgement before its data', () => {
    const bulk = Array.from({ length: 20 }, (_, number) => [packet(1, 1, number), { ...packet(1, 0, number), isBareAck: true }]).flat();
    const { packets, phases } = schedule([packet(1, 0), ...bulk], 3, 100);
    const at = (side: 0 | 1, number: number): number => phaseOf(phases, packets.indexOf(bulk[2 * number + 1 - side]));
    for (let number = 0; number < 20; number++) expect(at(0, number)).toBeGreaterThanOrEqual(at(1, number) + 3);
    expect(at(1, 8)).toBe(at(1, 0));
    expect(at(1, 9)).toBeGreaterThanOrEqual(at(0, 0) + 3);
    expect(phases.length).toBeLessThan(30); // of a hundred and twenty, if each waited for the one before
    // With the first packet that comes too late, the connection ends.
    expect(schedule([packet(1, 0), ...bulk], 3, 100, 6).packets).toEqual([packet(1, 0), bulk[0]]);
  });

  it('fills phases with other connections meanwhile', () => {
    const packets = [1, 2, 3].flatMap((connection) => [packet(connection, 0), packet(connection, 1)]);
    expect([...schedule(packets, 1, 8).phases]).toEqual([0, 3, 6]);
  });
});

describe('the replay', () => {
  const pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: null };
  const memory = new FrameMemory(16, 512);
  const sides = (packets: readonly Recorded[], phases: number[], waits: Pick<ReplayOptions, 'lag' | 'waitingPasses'>): [ReplaySide, ReplaySide] => {
    const replay = new Replay(memory, { role: 'replay', side: 0, panel: newPanel().buffer as SharedArrayBuffer, hash: false, ...pack(packets), ...pace, ...waits, phases: Uint32Array.from(phases), left: null, jumpSeconds: 0 });
    return [new ReplaySide(replay, 0), new ReplaySide(replay, 1)];
  };
  // A slot holds one packet: where both sides have some under way, each has slots of its own.
  const SLOTS = allAddresses(memory);
  const OUTSIDE = SLOTS.subarray(8);

  it('begins a phase when the one before it is home, and a pass when all of the last one is', () => {
    const [inside, outside] = sides([packet(1, 0), packet(2, 0), packet(1, 1)], [0, 2, 3], { lag: 1, waitingPasses: Infinity });
    expect([outside.receive(SLOTS, 8), inside.receive(SLOTS, 8), outside.receive(SLOTS, 8)]).toEqual([0, 2, 0]);
    inside.settled(SLOTS[0]);
    expect(outside.receive(SLOTS, 8)).toBe(0);
    inside.settled(SLOTS[1]);
    expect(outside.receive(SLOTS, 8)).toBe(1);
    expect(inside.receive(SLOTS, 8)).toBe(0);
    outside.settled(SLOTS[0]);
    expect(inside.receive(SLOTS, 8)).toBe(2);
  });

  it('has two phases under way with a lag of three, and passes over those without packets', () => {
    const packets = [packet(1, 0), packet(2, 1), packet(3, 0), packet(1, 1), packet(2, 0)];
    const [inside, outside] = sides(packets, [0, 1, 2, 3, 4, 4, 4, 5], { lag: 3, waitingPasses: Infinity });
    const taken = [inside.receive(SLOTS, 1), outside.receive(OUTSIDE, 1), inside.receive(SLOTS.subarray(1), 1)];
    expect(taken).toEqual([1, 1, 1]);
    expect(outside.receive(OUTSIDE.subarray(1), 1)).toBe(0);
    inside.settled(SLOTS[0]);
    expect(outside.receive(OUTSIDE.subarray(1), 1)).toBe(1);
    outside.settled(OUTSIDE[0]);
    expect(inside.receive(SLOTS, 1)).toBe(0);
    inside.settled(SLOTS[1]);
    expect(inside.receive(SLOTS, 1)).toBe(0); // the last but two is empty, the one before it is not home
    outside.settled(OUTSIDE[1]);
    expect(inside.receive(SLOTS, 1)).toBe(1);
  });

  it('counts each phase anew when its number comes round again', () => {
    const packets = Array.from({ length: 10 }, (_, k) => packet(k, (k & 1) as 0 | 1));
    const both = sides(packets, packets.map((_, k) => k).concat(10), { lag: 1, waitingPasses: Infinity });
    for (let k = 0; k < 40; k++) {
      expect([k, both[k & 1].receive(SLOTS, 1)]).toEqual([k, 1]);
      expect([k, both[(k + 1) & 1].receive(OUTSIDE, 1)]).toEqual([k, 0]);
      both[k & 1].settled(SLOTS[0]);
    }
  });

  it('waits no more once connections are known', () => {
    const [inside, outside] = sides([packet(1, 0), packet(1, 1)], [0, 1, 2], { lag: 1, waitingPasses: 1 });
    expect(inside.receive(SLOTS, 8)).toBe(1);
    expect(outside.receive(SLOTS, 8)).toBe(0);
    inside.settled(SLOTS[0]);
    expect([outside.receive(SLOTS, 8), inside.receive(SLOTS, 8), outside.receive(SLOTS, 8), inside.receive(SLOTS, 8)]).toEqual([1, 1, 1, 1]);
  });
});

describe('what writes recorded packets', () => {
  const memory = new FrameMemory(4, 2048);
  const slots = allAddresses(memory);
  const frame = (length: number): Recorded => ({ side: 0, bytes: Uint8Array.from({ length }, (_, k) => length + k) });
  const packets = [frame(60), frame(1000), frame(257), frame(256)];
  const wordsOf = (slot: number): number[] => [...memory.headers.i32.subarray(slot << 4, (slot + 1) << 4)];

  it('gives each slot its packet, whatever its length, with its header and its time', () => {
    const { write, skip } = recordedWriter(memory, pack(packets));
    memory.headers.u8.fill(0xff);
    const sums = [write(slots, 0, 1, 0, 0), write(slots, 1, 3, 1, 0)];
    packets.forEach(({ bytes }, slot) => {
      const offset = initialDataOffset(slot);
      const start = slots[slot] + offset;
      expect(memory.region.slice(start, start + bytes.length)).toEqual(bytes);
      const words = wordsOf(slot);
      expect(words.slice(0, 4)).toEqual([offset, bytes.length, bytes.length, LinkType.ethernet << 24]);
      expect([words[8], words[12], words[13]]).toEqual([0, 1_704_067_200, 1000 * slot]);
    });
    const marks = packets.map(({ bytes }) => new DataView(bytes.buffer).getInt32(44, true));
    expect(sums).toEqual([marks[0], (marks[1] + marks[2] + marks[3]) | 0]);
    skip(10);
    write(slots, 0, 1, 0, 0);
    expect(wordsOf(0).slice(12, 14)).toEqual([1_704_067_210, 4000]);
  });

  it('goes on to the next second after a million packets', () => {
    const { write } = recordedWriter(memory, pack([frame(60)]));
    for (let k = 0; k < 1_000_001; k++) write(slots, 0, 1, 0, 0);
    expect(wordsOf(0).slice(12, 14)).toEqual([1_704_067_201, 0]);
  });
});

describe('windows at the same time', () => {
  const window = (beginMs: number, endMs: number, changes: Partial<RecordedWindow> = {}): RecordedWindow => ({
    beginMs, endMs, seconds: (endMs - beginMs) / 1000, packets: 900, worked: 1000, collections: 0, received: 2000, dropped: 200, bytesCopied: 0, ...changes,
  });

  it('add up to the rate of both', () => {
    const [time, dropped] = measuredOf([window(0, 100), window(10, 60, { packets: 1000, worked: 1000, received: 2000, dropped: 0, collections: 2 })]);
    // 10,000 and 20,000 packets a second.
    expect(time).toMatchObject({ metric: 'time', unit: 'ns', packets: 1900, collections: 2 });
    expect(time.value).toBeCloseTo(1e9 / 30_000, 6);
    expect(dropped).toMatchObject({ metric: 'dropped', value: 5, packets: 2000 });
    expect(measuredOf([window(0, 100)])[0].value).toBeCloseTo(100_000, 6);
  });

  it('have most of it in common, or there is no number', () => {
    expect(inCommon([window(0, 100), window(10, 110)])).toMatchObject({ metric: 'in common', unit: '%', value: 90 });
    expect([areTogether([window(0, 100), window(20, 120)]), areTogether([window(0, 100), window(21, 121)]), areTogether([window(0, 100), window(40, 60)])]).toEqual([true, false, false]);
    expect(() => inCommon([window(0, 100), window(200, 300)])).toThrow('expected 80 % in common, found -100 % of 100 ms');
  });
});

/** Time that goes on when a test says so. */
function standingClock(): { nowMs: number } {
  const clock = { nowMs: 1 };
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt(Math.round(clock.nowMs * 1e6)));
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return clock;
}

describe('windows behind a barrier', () => {
  const pace = { warmUpMs: 0, measuredMs: 0, warmUpPackets: 0, leastPackets: 1, offered: null, packets: 1 };
  const look = (window: Window): string => {
    for (let k = 0; k < 5; k++) window.look();
    return window.isOver ? 'over' : window.isOpen ? 'open' : 'shut';
  };

  it('open when all have warmed up, and are loaded until all are over', () => {
    const barrier = newBarrier(2);
    const [panel, others] = [newPanel(), newPanel()];
    const [window, other] = [new Window(panel, { ...pace, barrier }), new Window(others, { ...pace, barrier })];
    expect([look(window), look(window)]).toEqual(['shut', 'shut']);
    expect([look(other), look(window)]).toEqual(['open', 'open']);
    panel[Cell.transmitted] = 1;
    // Its own is over, and it goes on.
    expect([look(window), look(window), panel[Cell.endCount]]).toEqual(['shut', 'shut', 1]);
    panel[Cell.transmitted] = 2;
    others[Cell.transmitted] = 1;
    expect([look(other), look(window), panel[Cell.endCount]]).toEqual(['over', 'over', 1]);
  });

  it('wait for one that has sent too little, and open without it when they have waited long enough', () => {
    const clock = standingClock();
    const barrier = newBarrier(2);
    const panel = newPanel();
    const window = new Window(panel, { ...pace, warmUpPackets: 5, barrier });
    const other = new Window(newPanel(), { ...pace, barrier });
    expect([look(window), look(other)]).toEqual(['shut', 'shut']);
    panel[Cell.received] = 5;
    expect([look(window), look(other)]).toEqual(['open', 'open']);
    const alone = new Window(newPanel(), { ...pace, barrier: newBarrier(2) });
    expect(look(alone)).toBe('shut');
    clock.nowMs += 20_000;
    expect(look(alone)).toBe('open');
  });

  it('are counted once at each place, also by one that did not wait', () => {
    const clock = standingClock();
    const barrier = newBarrier(2);
    const panel = newPanel();
    const window = new Window(panel, { ...pace, warmUpPackets: 5, barrier });
    look(window);
    clock.nowMs += 20_000;
    look(window);
    panel[Cell.transmitted] = 1;
    look(window);
    expect([...new Int32Array(barrier.arrived)]).toEqual([1, 1]);
  });

  it('wait for nobody alone', () => {
    const panel = newPanel();
    const window = new Window(panel, pace);
    expect(look(window)).toBe('open');
    panel[Cell.transmitted] = 1;
    expect(look(window)).toBe('over');
  });
});

describe('traffic in parts', () => {
  it('has all of a host and its answers in the part of its external address', () => {
    const { packets, externals } = conversations(70_000, true, 1);
    const all = Array.from(packets.offsets, (offset, at): Recorded => ({ side: packets.sides[at] as 0 | 1, bytes: packets.bytes.subarray(offset, offset + FRAME_BYTES) }));
    const stranger: Recorded = { side: 1, bytes: all.at(-1)!.bytes.slice() };
    new DataView(stranger.bytes.buffer).setUint32(30, 0xe0000001); // 224.0.0.1, which is nobody's
    expect(splitByExternal([stranger], externals)).toEqual([[stranger], [], []]);
    const parts = splitByExternal(all, externals);
    // One address more than is needed: hosts are filled up one after the other.
    expect(parts.map(({ length }) => length > 0)).toEqual([true, true, false]);
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(all.length);
    const word = ({ bytes }: Recorded, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
    const hosts = new Set<number>();
    parts.forEach((part, at) => {
      const [there, back] = [0, 1].map((side) => part.filter((packet) => packet.side === side));
      expect(back).toHaveLength(there.length);
      for (const packet of back) expect(word(packet, 30)).toBe(externals[at]);
      for (const host of new Set(there.map((packet) => word(packet, 26)))) {
        expect(hosts.has(host)).toBe(false);
        hosts.add(host);
      }
    });
  });
});

describe('traffic that is made up', () => {
  const frames = ({ bytes, offsets }: Pick<ReplayOptions, 'bytes' | 'offsets'>): Uint8Array[] => Array.from(offsets, (offset) => bytes.slice(offset, offset + FRAME_BYTES));
  const address = (frame: Uint8Array, at: number): number => new DataView(frame.buffer).getUint32(at);
  const port = (frame: Uint8Array, at: number): number => new DataView(frame.buffer).getUint16(at);

  it('answers each connection at the end that the NAT gives out, with right checksums', () => {
    const { packets, externals } = conversations(1500, true, 1);
    const pool = new AddressPool(externals);
    const all = frames(packets);
    expect([...packets.phases]).toEqual([0, 1024, 2048, 2524, 3000]);
    for (const frame of all) {
      expect(checksum(frame, 14, 20)).toBe(0);
      expect(checksum(frame, 34, 30, pseudoHeaderSum(frame, 26, 8, 17, 30))).toBe(0);
    }
    const there = all.filter((_, at) => packets.sides[at] === 0);
    const back = all.filter((_, at) => packets.sides[at] === 1);
    expect([there.length, back.length]).toEqual([1500, 1500]);
    const ends = there.map((frame) => `${pool.address(pool.pairedWith(address(frame, 26))) >>> 0}:${port(frame, 34)} ${address(frame, 30)}:${port(frame, 36)}`);
    expect(back.map((frame) => `${address(frame, 30)}:${port(frame, 36)} ${address(frame, 26)}:${port(frame, 34)}`)).toEqual(ends);
    expect(new Set(ends).size).toBe(1500);
  });

  it('needs more external addresses for more connections than one has ports, and none without a NAT', () => {
    const { packets, externals } = conversations(70_000, true, 1);
    expect(externals).toHaveLength(3);
    const untranslated = conversations(4, false, 1);
    const [there, back] = [frames(untranslated.packets).slice(0, 4), frames(untranslated.packets).slice(4)];
    expect(back.map((frame) => address(frame, 30))).toEqual(there.map((frame) => address(frame, 26)));
    expect(packets.sides).toHaveLength(140_000);
  });

  it('moves a recording to hosts that are paired with each external address, and nothing else', () => {
    const externals = externalAddresses(3);
    const pool = new AddressPool(externals);
    const original = frames(conversations(2, false, 1).packets).map((bytes, at): Recorded => ({ side: at < 2 ? 0 : 1, bytes }));
    const made = copies(original, externals);
    expect(made).toHaveLength(12);
    made.forEach(({ side, bytes }, at) => {
      const source = original[at % 4];
      expect(side).toBe(source.side);
      expect(pool.pairedWith(address(bytes, side === 0 ? 26 : 30))).toBe(Math.floor(at / 4));
      expect(address(bytes, side === 0 ? 30 : 26)).toBe(address(source.bytes, side === 0 ? 30 : 26));
      expect(bytes.slice(42)).toEqual(source.bytes.slice(42));
      expect(checksum(bytes, 14, 20)).toBe(0);
      expect(checksum(bytes, 34, 30, pseudoHeaderSum(bytes, 26, 8, 17, 30))).toBe(0);
    });
    // The same host in a copy is the same address there.
    expect(address(made[0].bytes, 26)).toBe(address(made[2].bytes, 30));
  });

  it('gives copies that share an external address other ports, and both directions the same', () => {
    const original = frames(conversations(2, false, 1).packets).map((bytes, at): Recorded => ({ side: at < 2 ? 0 : 1, bytes }));
    const made = copies(original, externalAddresses(1), 32);
    expect(made).toHaveLength(4 * 32);
    const insides = made.map(({ side, bytes }) => `${address(bytes, side === 0 ? 26 : 30)}:${port(bytes, side === 0 ? 34 : 36)}`);
    for (let copy = 0; copy < 32; copy++) expect(insides.slice(4 * copy + 2, 4 * copy + 4)).toEqual(insides.slice(4 * copy, 4 * copy + 2));
    expect(new Set(insides.map((end) => end.split(':')[1])).size).toBe(2 * 32);
    made.forEach(({ side, bytes }, at) => {
      const source = original[at % 4];
      if (at < 4) expect(port(bytes, side === 0 ? 34 : 36)).toBe(port(source.bytes, side === 0 ? 34 : 36));
      expect(port(bytes, side === 0 ? 34 : 36)).toBeGreaterThanOrEqual(1024);
      expect(port(bytes, side === 0 ? 36 : 34)).toBe(port(source.bytes, side === 0 ? 36 : 34));
      expect(checksum(bytes, 34, 30, pseudoHeaderSum(bytes, 26, 8, 17, 30))).toBe(0);
    });
  });
});
