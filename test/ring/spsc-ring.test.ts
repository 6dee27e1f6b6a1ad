/** The two ends of a ring in one thread, against a plain queue, also where the indexes turn negative and where they wrap. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSUMER_INDEX_WORD, ENTRIES_WORD, LINE_ENTRIES, PRODUCER_INDEX_WORD, ringBytes, ringCapacity, type RingSpec } from '../../src/ring/ring-layout.js';
import { resetRing, RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';

/** Bytes in front of the ring and behind it, which it must leave alone. */
const MARGIN = 64;
const POISON = 0xa5a5a5a5 | 0;

interface Ends {
  producer: RingProducer;
  consumer: RingConsumer;
  words: Int32Array;
  spec: RingSpec;
}

function ringAt(firstIndex: number, capacity: number): Ends {
  const spec = { offset: MARGIN, capacity };
  const buffer = new SharedArrayBuffer(MARGIN + ringBytes(capacity) + MARGIN);
  new Int32Array(buffer).fill(POISON);
  const words = new Int32Array(buffer, MARGIN);
  words[PRODUCER_INDEX_WORD] = firstIndex;
  words[CONSUMER_INDEX_WORD] = firstIndex;
  return { producer: new RingProducer(buffer, spec), consumer: new RingConsumer(buffer, spec), words, spec };
}

function expectMarginsAlone({ words, spec }: Ends): void {
  const all = new Int32Array(words.buffer);
  const outside = [...all.subarray(0, MARGIN / 4), ...all.subarray((MARGIN + ringBytes(spec.capacity)) / 4)];
  expect(outside.every((word) => word === POISON)).toBe(true);
}

const STARTS: [story: string, firstIndex: number][] = [
  ['at 0', 0],
  ['in front of 2^31', 2 ** 31 - 5],
  ['in front of 2^32', 2 ** 32 - 5],
];

describe.each(STARTS)('a ring whose indexes start %s', (_story, firstIndex) => {
  const burst = fc.nat(20); // below and above a turn of the copying loops (eight), and not a multiple of it
  const step = fc.record({ does: fc.constantFrom('push', 'pushBurst', 'publish', 'peek', 'release', 'take', 'isEmpty', 'occupancy'), count: burst });

  it('finds an address too many in its first publish, before anybody has asked how full it is', () => {
    const { producer } = ringAt(firstIndex, 4);
    producer.pushBurst(Uint32Array.of(1, 2, 3, 4, 5), 0, 5);
    expect(() => producer.publish()).toThrow('ring over-filled: 5 addresses in a ring of 4');
  });

  it('does what a queue does', () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 8, 32), fc.array(step, { maxLength: 80, size: 'max' }), (capacity, steps) => {
        const ends = ringAt(firstIndex, capacity);
        const { producer, consumer } = ends;
        const pending: number[] = [];
        const queue: number[] = [];
        let address = 0xfffff000; // addresses are u32: they pass 2^31 unharmed
        let peeked = 0;
        for (const { does, count } of steps) {
          const room = capacity - queue.length - pending.length;
          if (does === 'push' && room > 0) {
            pending.push(++address);
            producer.push(address);
          } else if (does === 'pushBurst') {
            const made = Array.from({ length: Math.min(count, room) }, () => ++address);
            producer.pushBurst(Uint32Array.from([0, 0, ...made, 0]), 2, made.length);
            pending.push(...made);
          } else if (does === 'publish') {
            expect(producer.publish()).toBe(pending.length);
            queue.push(...pending.splice(0));
          } else if (does === 'peek') {
            const out = new Uint32Array(24);
            const found = consumer.peek(out, count);
            expect(found).toBeLessThanOrEqual(Math.min(count, queue.length));
            if (count > 0 && queue.length > 0) expect(found).toBeGreaterThan(0);
            expect([...out.subarray(0, found)]).toEqual(queue.slice(0, found));
            expect([...out.subarray(found)].every((word) => word === 0)).toBe(true);
            peeked = found;
          } else if (does === 'release') {
            const released = Math.min(count, peeked);
            consumer.release(released);
            queue.splice(0, released);
            peeked -= released;
          } else if (does === 'take') {
            const out = new Uint32Array(24);
            const taken = consumer.take(out, count);
            expect([...out.subarray(0, taken)]).toEqual(queue.splice(0, taken));
            peeked = 0;
          } else if (does === 'isEmpty') expect(consumer.isEmpty()).toBe(queue.length === 0);
          else expect(producer.occupancy()).toBe(queue.length + pending.length);
        }
        expectMarginsAlone(ends);
      }),
      { numRuns: 300 },
    );
  });

  it('shows nothing before the publication, and all of it by one store', () => {
    const { producer, consumer, words } = ringAt(firstIndex, 8);
    const out = new Uint32Array(8);
    producer.pushBurst(Uint32Array.of(64, 128, 192), 0, 3);
    producer.push(256);
    expect(consumer.isEmpty()).toBe(true);
    expect(consumer.peek(out, 8)).toBe(0);
    expect(words[PRODUCER_INDEX_WORD]).toBe(firstIndex | 0);
    expect(producer.publish()).toBe(4);
    expect(words[PRODUCER_INDEX_WORD]).toBe((firstIndex + 4) | 0);
    expect(producer.publish()).toBe(0);
    expect(consumer.peek(out, 8)).toBe(4);
    expect([...out]).toEqual([64, 128, 192, 256, 0, 0, 0, 0]);
  });

  it('keeps what was peeked until it is released', () => {
    const { producer, consumer, words } = ringAt(firstIndex, 4);
    const out = new Uint32Array(4);
    producer.pushBurst(Uint32Array.of(1, 2, 3, 4), 0, 4);
    producer.publish();
    expect([consumer.peek(out, 2), consumer.peek(out, 2), out[0]]).toEqual([2, 2, 1]);
    expect(producer.occupancy()).toBe(4);
    expect(words[CONSUMER_INDEX_WORD]).toBe(firstIndex | 0);
    consumer.release(2);
    expect(producer.occupancy()).toBe(2);
    expect(words[CONSUMER_INDEX_WORD]).toBe((firstIndex + 2) | 0);
    expect([consumer.take(out, 9), out[0], out[1]]).toEqual([2, 3, 4]);
    expect([producer.producerIndex, consumer.consumerIndex]).toEqual([(firstIndex + 4) | 0, (firstIndex + 4) | 0]);
  });

  it('claims the lines of the next burst, where all that stood there has been released, and no other', () => {
    const capacity = 4 * LINE_ENTRIES;
    const { producer, consumer, words } = ringAt(firstIndex, capacity);
    const place = (index: number): number => ENTRIES_WORD + ((firstIndex + index) & (capacity - 1));
    const out = new Uint32Array(capacity);
    let [pushed, released] = [0, 0];
    const push = (count: number): void => {
      producer.pushBurst(Uint32Array.from({ length: count }, (_, k) => pushed + k + 1), 0, count);
      pushed += count;
      producer.publish();
      // The first in each line: what the consumer has yet to read is as it was written.
      for (let index = released; index < pushed; index++) expect(words[place(index)]).toBe(index + 1);
    };
    push(LINE_ENTRIES - 1);
    expect(words[place(pushed)]).toBe(POISON); // too few for a line
    push(LINE_ENTRIES);
    const nextLine = pushed + (-(firstIndex + pushed) & (LINE_ENTRIES - 1));
    expect(words[place(nextLine)]).toBe(0);
    for (let index = pushed; index < capacity; index++) if (index !== nextLine) expect(words[place(index)]).toBe(POISON);
    push(2 * LINE_ENTRIES + 1); // full
    for (let round = 0; round < 9; round++) {
      expect(consumer.peek(out, LINE_ENTRIES)).toBe(LINE_ENTRIES);
      expect([...out.subarray(0, LINE_ENTRIES)]).toEqual(Array.from({ length: LINE_ENTRIES }, (_, k) => released + k + 1));
      consumer.release(LINE_ENTRIES);
      released += LINE_ENTRIES;
      push(LINE_ENTRIES);
    }
  });

  it('throws when there are more addresses than slots, and only then', () => {
    const { producer, consumer } = ringAt(firstIndex, 4);
    const out = new Uint32Array(4);
    for (let round = 0; round < 5; round++) {
      producer.pushBurst(Uint32Array.of(1, 2, 3, 4), 0, 4);
      expect(producer.publish()).toBe(4); // full is not over-full, though the index that it saw last is old
      expect(consumer.take(out, 4)).toBe(4);
    }
    producer.pushBurst(Uint32Array.of(1, 2, 3, 4), 0, 4);
    producer.publish();
    producer.push(5);
    expect(() => producer.publish()).toThrow(/over-filled: 5 addresses in a ring of 4/);
    expect(consumer.peek(out, 9)).toBe(4);
  });

  it('is taken up where it was by a new end', () => {
    const { producer, consumer, words, spec } = ringAt(firstIndex, 4);
    const out = new Uint32Array(4);
    producer.pushBurst(Uint32Array.of(7, 8, 9), 0, 3);
    producer.publish();
    consumer.take(out, 1);
    producer.push(99); // never published: the new end does not know it
    const later = { producer: new RingProducer(words.buffer, spec), consumer: new RingConsumer(words.buffer, spec) };
    later.producer.push(10);
    expect(later.producer.publish()).toBe(1);
    expect(later.consumer.peek(out, 4)).toBe(3);
    expect([...out.subarray(0, 3)]).toEqual([8, 9, 10]);
    resetRing(words.buffer, spec);
    expect([words[PRODUCER_INDEX_WORD], words[CONSUMER_INDEX_WORD]]).toEqual([0, 0]);
    expect(new RingConsumer(words.buffer, spec).isEmpty()).toBe(true);
  });
});

describe('a ring that somebody has scribbled on', () => {
  it.each([5, 1000, 2 ** 31 - 1, -1, -1000])('gives at most its capacity of addresses, and ends (producer index %i)', (wild) => {
    const { consumer, words } = ringAt(0, 4);
    words[PRODUCER_INDEX_WORD] = wild;
    const out = new Uint32Array(64);
    const count = consumer.peek(out, 64);
    expect(count).toBe(wild > 0 ? 4 : 0);
    expect([...out.subarray(count)].every((word) => word === 0)).toBe(true);
  });
});

describe('the capacity of a ring', () => {
  it.each([[1, 1, 2], [2, 1, 4], [3, 1, 4], [4096, 64, 8192], [4032, 64, 4096]])('for %i slots and bursts of %i is %i', (slots, burst, capacity) => {
    expect(ringCapacity(slots, burst)).toBe(capacity);
    expect(ringBytes(capacity)).toBe(128 + 4 * capacity);
  });

  it('has room for a burst that comes round again before its consumer has let go of it', () => {
    const [slots, burst] = [4, 2];
    const spec = { offset: 0, capacity: ringCapacity(slots, burst) };
    const buffer = new SharedArrayBuffer(ringBytes(spec.capacity));
    const producer = new RingProducer(buffer, spec);
    const consumer = new RingConsumer(buffer, spec);
    const out = new Uint32Array(slots);
    for (let address = 1; address <= slots; address++) producer.push(address);
    producer.publish();
    expect(consumer.peek(out, burst)).toBe(burst);
    // Passed on to another ring, home again, and lent once more: all before the consumer's release.
    for (let k = 0; k < burst; k++) producer.push(out[k]);
    producer.publish();
    expect(producer.occupancy()).toBe(slots + burst);
    consumer.release(burst);
    expect([consumer.take(out, slots), ...out]).toEqual([slots, 3, 4, 1, 2]);
  });
});
