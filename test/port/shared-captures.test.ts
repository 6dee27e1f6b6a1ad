import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInDrop } from '../../src/observe/drop-reasons.js';
import { CapturePort } from '../../src/port/capture/capture-port.js';
import { openCapture } from '../../src/port/capture/open-capture.js';
import { TwoSidedCapture } from '../../src/port/capture/two-sided.js';
import { sharedCaptures } from '../support/requirements.js';
import { countsOf, headerField, memoryOf, readAll, tempPath } from './support.js';

const folder = sharedCaptures();
const files = folder === null ? [] : readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));
const labels = folder === null ? {} : (JSON.parse(readFileSync(`${folder}labels.json`, 'utf8')) as Record<string, { packets: number; link: string }>);

/** Packets that are handed out: all but those of link types that are not read. */
const readable = (name: string): number => (labels[name].link === 'ppp' || labels[name].link === 'chdlc' ? 0 : labels[name].packets);

/** A small generator of numbers (mulberry32), so that a failure comes back. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.skipIf(folder === null)('the shared captures', () => {
  it('are all read, to the number of packets that their labels tell', () => {
    expect(files.length).toBe(Object.keys(labels).length);
    for (const name of files) {
      const { packets, records, problems } = readAll(folder! + name);
      expect([name, records, packets.length]).toEqual([name, labels[name].packets, readable(name)]);
      const unread = records - packets.length;
      expect([name, problems]).toEqual([name, unread === 0 ? {} : { 'link-type-unsupported': unread, 'no-packets': 1 }]);
    }
  });

  it('are written as they were read', () => {
    const memory = memoryOf(16, 131_072);
    for (const name of files) {
      const port = new CapturePort({ path: folder! + name, write: tempPath('copy.pcapng') }, memory, countsOf());
      const slots = memory.addresses.slice();
      while (!port.exhausted) {
        port.transmit(slots, port.receive(slots, slots.length));
        port.complete(new Uint32Array(16), 16);
      }
      port.close();
      expect([name, readAll(tempPath('copy.pcapng')).packets]).toEqual([name, readAll(folder! + name).packets]);
    }
  });

  it.each([['by who opened', []], ['by prefix', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fe80::/10']]])(
    'come through two sides whole, %s, whatever happens to their packets',
    (_, inside) => {
      for (const name of files) {
        const random = draws(1);
        const memory = memoryOf(32, 4096);
        const counts = { inside: countsOf(), outside: countsOf() };
        const capture = new TwoSidedCapture({ path: folder! + name, inside, windowRecords: 64, connections: 256 }, memory);
        const faces = { inside: capture.face('inside', {}, counts.inside), outside: capture.face('outside', {}, counts.outside) };
        const free = [...memory.addresses];
        const completed = new Uint32Array(2);
        const travelling: { from: 'inside' | 'outside'; address: number }[] = [];
        let received = 0;
        let idle = 0;
        while (!faces.inside.exhausted || travelling.length > 0) {
          if (idle >= 100) expect.fail(`${name}: nothing comes any more`);
          for (const from of ['inside', 'outside'] as const) {
            const slots = Uint32Array.from(free.slice(0, 8));
            const used = faces[from].receive(slots, slots.length);
            for (const address of slots.subarray(0, used)) travelling.push({ from, address });
            free.splice(0, used);
            received += used;
            idle = used > 0 ? 0 : idle + 1;
          }
          for (let k = Math.ceil(random() * travelling.length); k > 0; k--) {
            const [{ from, address }] = travelling.splice(Math.floor(random() * travelling.length), 1) as [{ from: 'inside' | 'outside'; address: number }];
            const other = from === 'inside' ? 'outside' : 'inside';
            // Anything may have happened to the bytes on the way.
            if (random() < 0.2) {
              const at = address + headerField(memory, address, 'dataOffset', 4) + Math.floor(random() * 60);
              memory.region[at] = Math.floor(random() * 256);
            }
            if (random() < 0.8) {
              faces[other].transmit(Uint32Array.of(address), 1);
              if (faces[other].complete(completed, 2) !== 1) expect.fail(`${name}: not completed`);
            }
            faces[from].settled(address);
            free.push(address);
          }
        }
        const tooLong = [...counts.inside.ingress, ...counts.outside.ingress];
        expect(tooLong.every((reason) => reason === builtInDrop('packet-too-long'))).toBe(true);
        expect([name, received + tooLong.length]).toEqual([name, readable(name)]);
        faces.inside.close();
        faces.outside.close();
      }
    },
  );

  it('may be cut anywhere', () => {
    const random = draws(2);
    for (const name of files) {
      const whole = readFileSync(folder! + name);
      for (let k = 0; k < 3; k++) {
        const path = tempPath('cut.pcap');
        const length = 4 + Math.floor(random() * Math.min(whole.length - 4, 100_000));
        writeFileSync(path, whole.subarray(0, length));
        const reader = openCapture(path);
        while (reader.next());
        expect([name, length, reader.records <= labels[name].packets]).toEqual([name, length, true]);
        reader.close();
      }
    }
  });
});
