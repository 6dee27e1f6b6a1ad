import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/memory/slot-layout.js';
import { CaptureError } from '../../src/port/capture/capture-error.js';
import { openCapture, probeCapture } from '../../src/port/capture/open-capture.js';
import { block, description, enhanced, join8, option, type Order, pack, pcap, readAll, section, tempFile, tempPath } from './support.js';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const orders: Order[] = ['little', 'big'];

describe('pcap', () => {
  for (const order of orders) {
    for (const [magic, fraction, nanos] of [[0xa1b2c3d4, 123_456, 123_456_000], [0xa1b23c4d, 123_456_789, 123_456_789]] as const) {
      it(`reads 0x${magic.toString(16)} in ${order}-endian order`, () => {
        const path = tempFile(`${order}-${magic}.pcap`, pcap([{ seconds: 0xf0000001, fraction, bytes, originalLength: 99 }], { order, magic }));
        expect(readAll(path)).toEqual({
          packets: [{ bytes: [1, 2, 3, 4, 5], originalLength: 99, seconds: 0xf0000001, nanos, name: '', linkType: LinkType.ethernet }],
          records: 1,
          problems: {},
        });
      });
    }
  }

  const linkTypes: [number, number][] = [[0, 0], [1, 1], [12, 101], [14, 101], [101, 101], [108, 0], [113, 113], [228, 101], [229, 101], [276, 20]];
  it.each(linkTypes)('reads link type %i as %i', (linkType, expected) => {
    const { packets } = readAll(tempFile('link.pcap', pcap([{ bytes }], { linkType })));
    expect(packets.map((packet) => packet.linkType)).toEqual([expected]);
  });

  it('reads a link type whose word tells of a frame check sequence', () => {
    expect(readAll(tempFile('fcs.pcap', pcap([{ bytes }], { linkType: 0x44000001 }))).packets).toHaveLength(1);
  });

  it('counts records of other link types and hands none out', () => {
    const found = readAll(tempFile('ppp.pcap', pcap([{ bytes }, { bytes }], { linkType: 9 })));
    expect(found).toEqual({ packets: [], records: 2, problems: { 'link-type-unsupported': 2, 'no-packets': 1 } });
  });

  it('stops at a record longer than any packet, and says where', () => {
    const path = tempFile('absurd.pcap', pcap([{ bytes }, { bytes, capturedLength: 262_145 }, { bytes }]));
    const reader = openCapture(path);
    while (reader.next());
    expect(reader.packets).toBe(1);
    expect(reader.problems).toEqual([{ kind: 'record-length-invalid', count: 1, firstAt: 45, detail: '262145 B, at most 262144 B are believed' }]);
    reader.close();
  });

  it('names a record longer than the rest of the file', () => {
    expect(readAll(tempFile('short.pcap', pcap([{ bytes, capturedLength: 6 }]))).problems).toEqual({ 'truncated': 1, 'no-packets': 1 });
  });

  it('believes the bytes when the length on the wire is below them', () => {
    const found = readAll(tempFile('lying.pcap', pcap([{ bytes, originalLength: 3 }])));
    expect(found.packets[0].originalLength).toBe(5);
    expect(found.problems).toEqual({ 'original-length-invalid': 1 });
  });

  it('says so when there is no packet', () => {
    expect(readAll(tempFile('none.pcap', pcap([])))).toEqual({ packets: [], records: 0, problems: { 'no-packets': 1 } });
  });

  it('moves a fraction of a second beyond a second to its end', () => {
    const found = readAll(tempFile('fraction.pcap', pcap([{ bytes, fraction: 5_000_000 }])));
    expect(found.packets[0].nanos).toBe(999_999_999);
    expect(found.problems).toEqual({ 'timestamp-invalid': 1 });
  });

  it('reads records larger than a page through a buffer that slides', () => {
    const records = Array.from({ length: 40 }, (_, k) => ({ bytes: new Uint8Array(200_000 + k).fill(k) }));
    const { packets } = readAll(tempFile('large.pcap', pcap(records)));
    expect(packets.map((packet) => [packet.bytes.length, packet.bytes[0], packet.bytes.at(-1)])).toEqual(records.map((_, k) => [200_000 + k, k, k]));
  });
});

describe('pcapng', () => {
  for (const order of orders) {
    it(`reads sections, interfaces and the three packet blocks in ${order}-endian order`, () => {
      const other = order === 'little' ? 'big' : 'little';
      const path = tempFile(`all-${order}.pcapng`, join8(
        section(order),
        description(order, 1, join8(option(order, 2, text('eth0')), option(order, 9, Uint8Array.of(9)), option(order, 0, new Uint8Array(0))), 4),
        enhanced(order, 0, 0x16345785, 0xd8a00001, bytes, 60, option(order, 1, text('a comment'))),
        block(order, 3, join8(pack(order, [5, 4]), bytes.subarray(0, 4))),
        block(order, 4, pack(order, [0, 4])),
        block(order, 0xbeef, pack(order, [7, 4])),
        section(other),
        description(other, 101, option(other, 2, text('tun0'))),
        description(other, 276, join8(option(other, 9, Uint8Array.of(0x80 + 10)), option(other, 14, order === 'little' ? pack('big', [0, 4], [100, 4]) : pack('little', [100, 4], [0, 4])))),
        block(other, 2, join8(pack(other, [0, 2], [0xffff, 2], [0, 4], [3_000_007, 4], [5, 4], [5, 4]), bytes)),
        enhanced(other, 1, 0, 3 * 1024 + 512, bytes),
      ));
      const found = readAll(path);
      expect(found.packets.map((packet) => [packet.name, packet.linkType, packet.seconds, packet.nanos, packet.bytes.length, packet.originalLength])).toEqual([
        // 1 600 000 000 000 000 001 ns.
        ['eth0', LinkType.ethernet, 1_600_000_000, 1, 5, 60],
        // A simple packet: kept up to the snap length, at the time of the packet before.
        ['eth0', LinkType.ethernet, 1_600_000_000, 1, 4, 5],
        ['tun0', LinkType.raw, 3, 7000, 5, 5],
        ['', LinkType.linuxSll2, 103, 500_000_000, 5, 5],
      ]);
      expect(found.problems).toEqual({ 'block-unknown': 1 });
    });
  }

  const start = join8(section('little'), description('little', 1));
  const good = enhanced('little', 0, 0, 1, bytes);

  it('skips records of interfaces that nobody described', () => {
    const found = readAll(tempFile('unknown.pcapng', join8(start, enhanced('little', 1, 0, 1, bytes), good)));
    expect([found.packets.length, found.records, found.problems]).toEqual([1, 2, { 'interface-unknown': 1 }]);
  });

  it('forgets the interfaces of the section before', () => {
    const found = readAll(tempFile('forgets.pcapng', join8(start, section('little'), good)));
    expect(found.problems).toEqual({ 'interface-unknown': 1, 'no-packets': 1 });
  });

  it('skips a record that is longer than its block, and reads on', () => {
    const bad = good.slice();
    bad[20] = 200;
    const found = readAll(tempFile('record.pcapng', join8(start, bad, good)));
    expect([found.packets.length, found.problems]).toEqual([1, { 'record-length-invalid': 1 }]);
  });

  it('skips packet blocks longer than any packet without holding them in memory', () => {
    const found = readAll(tempFile('huge.pcapng', join8(start, enhanced('little', 0, 0, 1, new Uint8Array(3_000_000)), good)));
    expect([found.packets.length, found.problems]).toEqual([1, { 'record-length-invalid': 1 }]);
  });

  it('passes over long blocks of other types', () => {
    const found = readAll(tempFile('long.pcapng', join8(start, block('little', 10, new Uint8Array(3_000_000)), good)));
    expect([found.packets.length, found.problems]).toEqual([1, {}]);
  });

  it.each([0, 8, 13, 15])('stops at a block of %i B', (total) => {
    const found = readAll(tempFile('block.pcapng', join8(start, good, pack('little', [6, 4], [total, 4], [0, 4], [0, 4]))));
    expect([found.packets.length, found.problems]).toEqual([1, { 'block-length-invalid': 1 }]);
  });

  it('believes the first of two lengths', () => {
    const bad = good.slice();
    bad[bad.length - 4] = 0;
    const found = readAll(tempFile('trailer.pcapng', join8(start, bad, good)));
    expect([found.packets.length, found.problems]).toEqual([2, { 'block-trailer-mismatch': 1 }]);
  });

  it('reads no section of another version', () => {
    expect(readAll(tempFile('version.pcapng', join8(start, good, section('little', 2), good))).problems).toEqual({ 'section-unsupported': 1 });
  });

  it('tolerates options that run past their block', () => {
    const found = readAll(tempFile('options.pcapng', join8(section('little'), description('little', 1, pack('little', [2, 2], [400, 2], [0, 4])), good)));
    expect([found.packets.length, found.problems]).toEqual([1, {}]);
  });

  it('counts packet blocks too short for their header', () => {
    const found = readAll(tempFile('tiny.pcapng', join8(start, block('little', 6, new Uint8Array(8)), good)));
    expect([found.packets.length, found.records, found.problems]).toEqual([1, 2, { 'block-malformed': 1 }]);
  });
});

describe('gzip', () => {
  const whole = pcap(Array.from({ length: 200 }, (_, k) => ({ bytes: Uint8Array.from({ length: 60 }, (_, at) => (k * 37 + at * at) & 0xff) })));

  it('reads both formats', () => {
    expect(readAll(tempFile('a.pcap.gz', gzipSync(whole))).packets).toHaveLength(200);
    const ng = join8(section('big'), description('big', 1), enhanced('big', 0, 0, 1, bytes));
    expect(readAll(tempFile('a.pcapng.gz', gzipSync(ng))).packets).toHaveLength(1);
  });

  it('reads what comes before the place where it ends early', () => {
    const packed = gzipSync(whole);
    const found = readAll(tempFile('early.gz', packed.subarray(0, packed.length >> 1)));
    expect(found.packets.length).toBeGreaterThan(20);
    expect(found.problems['gzip-damaged']).toBe(1);
  });

  it('reads what comes before damage', () => {
    const packed = gzipSync(whole, { level: 0 });
    packed.set([0xff, 0xff, 0xff, 0xff, 0xff], 11);
    const parts = Buffer.concat([gzipSync(whole), packed]);
    const found = readAll(tempFile('damaged.gz', parts));
    expect([found.packets.length, found.problems]).toEqual([200, { 'gzip-damaged': 1 }]);
  });

  it('refuses what inflates beyond the limit', () => {
    const path = tempFile('bomb.gz', gzipSync(new Uint8Array(100_000)));
    expect(probeCapture(path, { inflateLimitBytes: 99_999 })).toMatchObject({ code: 'capture-too-large' });
  });
});

describe('what is no capture', () => {
  const cases: [string, number[], string][] = [
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0, 0], 'zstd'],
    ['lz4', [0x04, 0x22, 0x4d, 0x18, 0, 0], 'lz4'],
    ['modified', [0x34, 0xcd, 0xb2, 0xa1, 0, 0], 'modified pcap (0xa1b2cd34)'],
    ['modified-big', [0xa1, 0xb2, 0xcd, 0x34, 0, 0], 'modified pcap (0xa1b2cd34)'],
    ['text', [0x68, 0x65, 0x6c, 0x6c, 0x6f], '0x68656c6c'],
    ['short', [0xd4], '0xd4'],
    ['empty', [], 'an empty file'],
  ];
  it.each(cases)('says what %s is, and what was expected', (name, content, found) => {
    const path = tempFile(name, Uint8Array.from(content));
    const problem = probeCapture(path);
    expect(problem).toBeInstanceOf(CaptureError);
    expect(problem!.code).toBe('capture-format');
    expect(problem!.message).toContain(path);
    expect(problem!.found).toContain(found);
    expect(problem!.message).toContain('expected pcap or pcapng');
    expect(() => openCapture(path)).toThrow(CaptureError);
  });

  it('names compressed data in gzip too', () => {
    expect(probeCapture(tempFile('zstd.gz', gzipSync(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd))))!.found).toContain('in gzip, zstd');
  });

  it('says why a file cannot be opened', () => {
    expect(probeCapture(tempPath('missing'))).toMatchObject({ code: 'capture-unreadable', found: expect.stringContaining('ENOENT') as string });
    expect(probeCapture(tempPath('.'))).toMatchObject({ code: 'capture-unreadable', found: 'a directory' });
  });

  it('finds nothing wrong with a capture', () => {
    expect(probeCapture(tempFile('fine.pcap', pcap([{ bytes }])))).toBeNull();
  });
});

describe('truncation at every byte', () => {
  const ng = join8(section('big'), description('big', 1, option('big', 2, text('eth0'))), enhanced('big', 0, 0, 1, bytes), block('big', 5, new Uint8Array(20)), enhanced('big', 0, 0, 2, bytes));
  const classic = pcap([{ bytes }, { bytes: bytes.subarray(0, 4) }]);
  it.each([['pcap', classic, [24, 45, 65]], ['pcapng', ng, [28, 56, 96, 128, 168]]] as const)('accounts for everything in %s', (name, whole, boundaries) => {
    for (let length = 4; length <= whole.length; length++) {
      const found = readAll(tempFile(`cut.${name}`, whole.subarray(0, length)));
      const complete = boundaries.includes(length as never);
      expect([length, found.problems.truncated]).toEqual([length, complete ? undefined : 1]);
      // Every record that was begun is either handed out or is the truncated one.
      expect(found.records - found.packets.length).toBeLessThanOrEqual(1);
    }
    expect(readAll(tempFile(`whole.${name}`, whole)).packets).toHaveLength(2);
  });
});
