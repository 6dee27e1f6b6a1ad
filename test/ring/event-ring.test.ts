/** Events from a worker to the main thread: order, wrap-around, and what happens when nobody reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader, eventRingBytes, EventWriter } from '../../src/ring/event-ring.js';

const MARGIN = 64;
const POISON = 0xa5;

function eventRing(capacityBytes: number, firstIndex = 0) {
  const spec = { offset: MARGIN, capacityBytes };
  const bytes = new Uint8Array(new SharedArrayBuffer(MARGIN + eventRingBytes(capacityBytes) + MARGIN)).fill(POISON);
  const words = new Int32Array(bytes.buffer, MARGIN, 48).fill(0);
  words[0] = firstIndex;
  words[16] = firstIndex;
  const outside = (): boolean => [...bytes.subarray(0, MARGIN), ...bytes.subarray(-MARGIN)].every((byte) => byte === POISON);
  return { writer: new EventWriter(bytes.buffer, spec), reader: new EventReader(bytes.buffer, spec), outside };
}

function drained(reader: EventReader): unknown[] {
  const messages: unknown[] = [];
  const count = reader.drain((message) => messages.push(message), (words) => messages.push([...words]));
  expect(count).toBe(messages.length);
  return messages;
}

describe('the event ring', () => {
  it('gives messages back in order, of any JSON and any script', () => {
    const { writer, reader } = eventRing(1024);
    const messages = [{ kind: 'alert', name: 'Größe 日本 🙂' }, 'text', 7, null, [1, { two: [] }], ''];
    for (const message of messages) expect(writer.write(message)).toBe(true);
    expect(drained(reader)).toEqual(messages);
    expect(drained(reader)).toEqual([]);
    expect(reader.lost).toBe(0);
  });

  it.each([0, 2 ** 31 - 20, 2 ** 32 - 20])('does what a queue does, round the end of its bytes and of its indexes (from %i)', (firstIndex) => {
    // A message takes 4 bytes for its length; a text of n letters n + 2, up to the next 4; n words 4 n.
    const size = (each: { letters: number } | { words: number }): number => 4 + ('words' in each ? 4 * each.words : Math.ceil((each.letters + 2) / 4) * 4);
    const step = fc.oneof(fc.record({ letters: fc.nat(30) }), fc.record({ words: fc.nat(8) }), fc.constant('drain' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const { writer, reader, outside } = eventRing(64, firstIndex);
        const queue: unknown[] = [];
        let used = 0;
        let lost = 0;
        for (const [k, each] of steps.entries()) {
          if (each === 'drain') {
            expect(drained(reader)).toEqual(queue.splice(0));
            used = 0;
            continue;
          }
          const fits = used + size(each) <= 64;
          if ('words' in each) {
            const words = Int32Array.from({ length: 10 }, (_, at) => -1 - at - k);
            expect(writer.writeWords(words, 1, each.words)).toBe(fits);
            if (fits) queue.push([...new Uint32Array(words).subarray(1, 1 + each.words)]);
          } else {
            const text = String.fromCharCode(97 + (k % 26)).repeat(each.letters);
            expect(writer.write(text)).toBe(fits);
            if (fits) queue.push(text);
          }
          if (fits) {
            used += size(each);
          } else lost++;
          expect(writer.unread).toBe(used);
          expect(reader.lost).toBe(lost);
        }
        expect(drained(reader)).toEqual(queue);
        expect(outside()).toBe(true);
      }),
    );
  });

  it('counts what finds no room as lost, leaves the others whole, and takes new ones when it was read', () => {
    const { writer, reader } = eventRing(32);
    expect([writer.write('a'.repeat(10)), writer.write('b'.repeat(10)), writer.write('c')]).toEqual([true, true, false]);
    expect(writer.write('d'.repeat(100))).toBe(false); // larger than the ring
    expect([reader.lost, writer.unread]).toEqual([2, 32]);
    expect(drained(reader)).toEqual(['a'.repeat(10), 'b'.repeat(10)]);
    expect(writer.write('e')).toBe(true);
    expect(drained(reader)).toEqual(['e']);
    expect(reader.lost).toBe(2);
  });

  it('does not give a message twice to a receiver that throws, nor lose the next', () => {
    const { writer, reader } = eventRing(64);
    writer.write(1);
    writer.write(2);
    expect(() => reader.drain(() => { throw new Error('receiver'); })).toThrow('receiver');
    expect(drained(reader)).toEqual([2]);
  });
});
