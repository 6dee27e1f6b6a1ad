import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/memory/slot-layout.js';
import { builtInDrop } from '../../src/observe/drop-reasons.js';
import { type GeneratorOptions, GeneratorPort, minimumFrame } from '../../src/port/generator.js';
import { readIp } from './packets.js';
import { countsOf, headerField, memoryOf, packetAt } from './support.js';

function generate(options: GeneratorOptions): { frames: Uint8Array[]; seconds: number[]; nanos: number[]; drops: number[] } {
  const memory = memoryOf(4);
  const counts = countsOf();
  const port = new GeneratorPort(options, memory, counts);
  const found = { frames: [] as Uint8Array[], seconds: [] as number[], nanos: [] as number[], drops: counts.ingress };
  while (!port.exhausted) {
    const used = port.receive(memory.addresses, 4);
    for (const address of memory.addresses.subarray(0, used)) {
      found.frames.push(packetAt(memory, address));
      found.seconds.push(headerField(memory, address, 'timestampSeconds', 4));
      found.nanos.push(headerField(memory, address, 'timestampNanos', 4));
      expect(headerField(memory, address, 'linkType', 1)).toBe(LinkType.ethernet);
      expect(headerField(memory, address, 'originalLength', 4)).toBe(found.frames.at(-1)!.length);
      memory.region.fill(0xee, address, address + 2048);
    }
  }
  port.close();
  return found;
}

describe('the generator', () => {
  for (const version of [4, 6] as const) {
    for (const protocol of ['udp', 'tcp'] as const) {
      it(`makes ${protocol} over IPv${version} whose checksums hold, of every length`, () => {
        const least = minimumFrame(protocol, version);
        const lengths = Array.from({ length: 100 }, (_, k) => least + k).concat([1514]);
        const { frames } = generate({ packets: 101, lengths, version, protocol, flows: 7 });
        expect(frames.map((frame) => frame.length)).toEqual(lengths);
        const read = frames.map((frame) => readIp(frame.subarray(14)));
        expect(read.filter((packet) => !packet.sound)).toEqual([]);
        expect(new Set(read.map((packet) => `${packet.from} ${packet.ports[0]}`)).size).toBe(7);
      });
    }
  }

  it('makes the same packets for the same seed, and others for another', () => {
    const options = { packets: 50, lengths: { minimum: 64, maximum: 900 }, flows: 3 };
    const [first, again, other] = [generate({ ...options, seed: 5 }), generate({ ...options, seed: 5 }), generate({ ...options, seed: 6 })];
    expect(first).toEqual(again);
    expect(first.frames).not.toEqual(other.frames);
    expect(new Set(first.frames.map((frame) => frame.length)).size).toBeGreaterThan(20);
  });

  it('spaces timestamps by the rate', () => {
    const { seconds, nanos } = generate({ packets: 6, rate: 4, startSeconds: 100 });
    expect(seconds).toEqual([100, 100, 100, 100, 101, 101]);
    expect(nanos).toEqual([0, 250_000_000, 500_000_000, 750_000_000, 0, 250_000_000]);
  });

  it('counts frames that do not fit a slot', () => {
    const { frames, drops } = generate({ packets: 4, lengths: [64, 9000] });
    expect([frames.length, drops]).toEqual([2, [builtInDrop('packet-too-long'), builtInDrop('packet-too-long')]]);
  });

  it('refuses what it cannot make', () => {
    for (const wrong of [{ lengths: 41 }, { lengths: 70_000 }, { lengths: { minimum: 100, maximum: 90 } }, { flows: 0 }, { rate: 0 }, { lengths: 53, protocol: 'tcp' as const }]) {
      expect(() => new GeneratorPort({ packets: 1, ...wrong }, memoryOf(2), countsOf())).toThrow(RangeError);
    }
  });
});
