import { existsSync, linkSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/memory/slot-layout.js';
import { builtInDrop } from '../../src/observe/drop-reasons.js';
import { CaptureError } from '../../src/port/capture/capture-error.js';
import { CapturePort } from '../../src/port/capture/capture-port.js';
import { createCapture } from '../../src/port/capture/create-capture.js';
import { InterfaceDirectory } from '../../src/port/capture/interfaces.js';
import { openCapture } from '../../src/port/capture/open-capture.js';
import { encodeComment, refuseToWrite, Written } from '../../src/port/capture/writer.js';
import { SinkPort } from '../../src/port/sink.js';
import { countsOf, description, enhanced, headerField, join8, memoryOf, option, packetAt, pcap, readAll, section, tempFile, tempPath } from './support.js';

const meta = { originalLength: 4, seconds: 1, nanos: 2, linkType: LinkType.ethernet, ingressPort: 0, interfaceId: 0 };
const four = Uint8Array.of(9, 8, 7, 6);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const record = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }),
  cut: fc.integer({ min: 0, max: 2000 }),
  seconds: fc.integer({ min: 0, max: 0xffffffff }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
  linkType: fc.constantFrom(LinkType.null, LinkType.ethernet, LinkType.raw, LinkType.linuxSll, LinkType.linuxSll2),
});

describe('what is written is what is read', () => {
  it('in pcapng, with every link type in one file', () => {
    fc.assert(fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const path = tempPath('round.pcapng');
      const writer = createCapture(path, [], new InterfaceDirectory());
      for (const each of records) writer.write(each.bytes, 0, each.bytes.length, { ...each, originalLength: each.bytes.length + each.cut, ingressPort: 3, interfaceId: 2 });
      expect(writer.close()).toBe(true);
      expect(readAll(path).packets).toEqual(records.map(({ bytes, cut, seconds, nanos, linkType }) => ({
        bytes: [...bytes], originalLength: bytes.length + cut, seconds, nanos, name: '', linkType,
      })));
    }), { numRuns: 60 });
  });

  it('in pcap, of one link type', () => {
    fc.assert(fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const path = tempPath('round.pcap');
      const writer = createCapture(path, [], new InterfaceDirectory());
      const taken = records.filter((each) =>
        writer.write(each.bytes, 0, each.bytes.length, { ...each, originalLength: each.bytes.length + each.cut, ingressPort: 0, interfaceId: 0 }) === Written.yes);
      expect(writer.close()).toBe(true);
      expect(taken).toEqual(records.filter((each) => each.linkType === records[0].linkType));
      expect(readAll(path).packets.map(({ bytes, seconds, nanos, linkType }) => ({ bytes, seconds, nanos, linkType })))
        .toEqual(taken.map(({ bytes, seconds, nanos, linkType }) => ({ bytes: [...bytes], seconds, nanos, linkType })));
    }), { numRuns: 60 });
  });

  it('also when nothing was written', () => {
    for (const name of ['nothing.pcap', 'nothing.pcapng']) {
      createCapture(tempPath(name), [], new InterfaceDirectory()).close();
      expect(readAll(tempPath(name)).problems).toEqual({ 'no-packets': 1 });
    }
  });

  it('with a comment', () => {
    const writer = createCapture(tempPath('comment.pcapng'), [], new InterfaceDirectory());
    writer.write(four, 0, 4, meta, encodeComment('dropped: no-path'));
    writer.write(four, 0, 4, meta);
    writer.close();
    expect(readAll(tempPath('comment.pcapng')).packets).toHaveLength(2);
    expect(readFileSync(tempPath('comment.pcapng')).includes('dropped: no-path')).toBe(true);
  });
});

describe('a capture as a port', () => {
  const two = join8(
    section('little'),
    description('little', 1, join8(option('little', 2, text('eth0')), option('little', 9, Uint8Array.of(9)))),
    description('little', 101, option('little', 2, text('tun0'))),
    enhanced('little', 0, 1, 5, four, 1500),
    enhanced('little', 1, 0, 7_000_009, four),
    enhanced('little', 0, 1, 6, new Uint8Array(1000).fill(3)),
  );

  /** Everything from one port to another, a burst at a time. */
  function pass(path: string, write: string, burst = 2): { counts: ReturnType<typeof countsOf>; port: CapturePort } {
    const memory = memoryOf(8, 1024);
    const counts = countsOf();
    const port = new CapturePort({ path, write }, memory, counts);
    const out = new Uint32Array(8);
    while (!port.exhausted) {
      const slots = memory.addresses.slice(0, burst);
      const used = port.receive(slots, burst);
      port.transmit(slots, used);
      const lost = counts.egress.length;
      expect(port.complete(out, 8) + (counts.egress.length - lost)).toBeLessThanOrEqual(used);
    }
    port.close();
    return { counts, port };
  }

  it('writes packets and headers into slots, and reads nothing beyond the slots given', () => {
    const memory = memoryOf(8);
    const port = new CapturePort({ path: tempFile('slots.pcapng', two) }, memory, countsOf());
    const [first, second] = memory.addresses.subarray(1);
    expect(port.receive(memory.addresses.subarray(1), 2)).toBe(2);
    expect([...packetAt(memory, first)]).toEqual([...four]);
    // Slot 1 is of the second colour.
    expect(headerField(memory, first, 'dataOffset', 4)).toBe(192);
    expect(headerField(memory, first, 'originalLength', 4)).toBe(1500);
    expect(headerField(memory, first, 'parseFlags', 1)).toBe(8);
    expect([headerField(memory, first, 'timestampSeconds', 4), headerField(memory, first, 'timestampNanos', 4)]).toEqual([4, 294_967_301]);
    expect([headerField(memory, second, 'interfaceId', 2), headerField(memory, second, 'linkType', 1)]).toEqual([1, LinkType.raw]);
    expect(port.exhausted).toBe(false);
    expect([port.receive(memory.addresses, 8), port.receive(memory.addresses, 8), port.exhausted]).toEqual([1, 0, true]);
    port.close();
  });

  it('keeps times, lengths, interface names and link types from file to file', () => {
    const path = tempFile('kept.pcapng', two.slice(0, two.length - 1032));
    pass(path, tempPath('kept-out.pcapng'));
    const { packets } = readAll(tempPath('kept-out.pcapng'));
    expect(packets).toEqual(readAll(path).packets.map((packet) => packet));
    expect(packets.map((packet) => packet.name)).toEqual(['eth0', 'tun0']);
  });

  it('counts packets that do not fit a slot', () => {
    const { counts } = pass(tempFile('fits.pcapng', two), tempPath('fits-out.pcapng'));
    expect(counts.ingress).toEqual([builtInDrop('packet-too-long')]);
  });

  it('drops packets of another link type where the format has room for one', () => {
    const { counts } = pass(tempFile('mixed.pcapng', two), tempPath('mixed-out.pcap'));
    expect(counts.egress.map(([, reason]) => reason)).toEqual([builtInDrop('link-type-mismatch')]);
    expect(readAll(tempPath('mixed-out.pcap')).packets).toHaveLength(1);
  });

  it('writes more than its buffer holds, every packet complete once', () => {
    const records = Array.from({ length: 3000 }, (_, k) => ({ bytes: new Uint8Array(700).fill(k), seconds: k }));
    const path = tempFile('many.pcap', pcap(records));
    pass(path, tempPath('many-out.pcapng'), 8);
    expect(readAll(tempPath('many-out.pcapng')).packets).toEqual(readAll(path).packets);
  });
});

describe('what cannot be written', () => {
  const source = tempFile('source.pcap', pcap([{ bytes: four }]));

  it('is the capture that is being read, under any of its names', () => {
    linkSync(source, tempPath('hard.pcap'));
    symlinkSync(source, tempPath('soft.pcap'));
    for (const name of [source, tempPath('hard.pcap'), tempPath('soft.pcap')]) {
      expect(refuseToWrite(name, [source])).toMatchObject({ code: 'capture-unwritable', expected: 'another file' });
      expect(() => new CapturePort({ path: source, write: name }, memoryOf(2), countsOf())).toThrow(CaptureError);
    }
    expect(readAll(source).packets).toHaveLength(1);
  });

  it('is a name that promises compression, a directory, or a path without one', () => {
    expect(refuseToWrite(tempPath('a.pcap.gz'), [])!.message).toContain('written uncompressed');
    expect(refuseToWrite(tempPath('.'), [])!.found).toBe('a directory');
    expect(refuseToWrite(tempPath('new.pcapng'), [source])).toBeNull();
    expect(existsSync(tempPath('new.pcapng'))).toBe(false);
    expect(() => new SinkPort({ write: tempPath('no/such/x.pcapng') }, memoryOf(2), countsOf())).toThrow(/ENOENT/);
  });

  it.skipIf(!existsSync('/dev/full'))('is what the disk has no room for: dropped, named, never thrown', () => {
    const memory = memoryOf(4);
    const counts = countsOf();
    const reader = openCapture(source);
    expect(reader.next()).toBe(true);
    reader.close();
    const told: string[] = [];
    const port = new SinkPort({ write: '/dev/full', onWriteFailure: (why) => told.push(why) }, memory, counts);
    port.transmit(memory.addresses, 3);
    expect(port.complete(new Uint32Array(8), 8)).toBe(0);
    port.transmit(memory.addresses.subarray(3), 1);
    expect(counts.egress).toEqual([...memory.addresses].map((address) => [address, builtInDrop('egress-failed')]));
    expect(port.problems).toMatchObject([{ kind: 'write-failed', count: 4, firstAt: 0, detail: 'ENOSPC: no space left on device' }]);
    port.close();
    expect(told).toEqual(['ENOSPC: no space left on device']);
  });
});

describe('a sink', () => {
  it('takes everything, receives nothing and gives every address back once', () => {
    const memory = memoryOf(8);
    const sink = new SinkPort({}, memory, countsOf());
    expect([sink.exhausted, sink.receive()]).toEqual([true, 0]);
    sink.transmit(memory.addresses, 8);
    const out = new Uint32Array(8);
    expect([sink.complete(out, 5), sink.complete(out.subarray(5), 5), sink.complete(out, 5)]).toEqual([5, 3, 0]);
    expect(new Set(out)).toEqual(new Set(memory.addresses));
    sink.close();
  });

  it('writes what it is given', () => {
    const memory = memoryOf(2);
    const port = new CapturePort({ path: tempFile('for-sink.pcap', pcap([{ bytes: four }])) }, memory, countsOf());
    const sink = new SinkPort({ write: tempPath('sunk.pcapng') }, memory, countsOf());
    sink.transmit(memory.addresses, port.receive(memory.addresses, 2));
    expect(statSync(tempPath('sunk.pcapng')).size).toBe(0);
    sink.complete(new Uint32Array(2), 2);
    expect(statSync(tempPath('sunk.pcapng')).size).toBeGreaterThan(0);
    sink.close();
    port.close();
    expect(readAll(tempPath('sunk.pcapng')).packets.map((packet) => packet.bytes)).toEqual([[...four]]);
  });
});
