import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Automaton } from '../../../src/nf/dpi/signatures/automaton.js';
import { latin1 } from './frames.js';

/** All (end, string) pairs, by the automaton, over the pieces of a text. */
function found(automaton: Automaton, pieces: readonly Uint8Array[]): string[] {
  const hits: string[] = [];
  let state = 0;
  let before = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at = automaton.position) {
      state = automaton.scan(piece, at, piece.length, state);
      for (let k = 0; k < automaton.endCount(state); k++) hits.push(`${before + automaton.position} ${automaton.endAt(state, k)}`);
    }
    before += piece.length;
  }
  return hits.sort();
}

const fold = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The same by searching for each string at each place. */
function searched(strings: readonly Uint8Array[], text: Uint8Array, foldCase: boolean): string[] {
  const read = (bytes: Uint8Array): string => (foldCase ? fold(bytes) : Buffer.from(bytes).toString('latin1'));
  const all = read(text);
  return strings.flatMap((string, index) => {
    const ends: string[] = [];
    for (let at = all.indexOf(read(string)); at >= 0; at = all.indexOf(read(string), at + 1)) ends.push(`${at + string.length} ${index}`);
    return ends;
  }).sort();
}

it('finds what a plain search finds, in text that comes in any pieces', () => {
  const alphabet = fc.constantFrom(0x41, 0x61, 0x62, 0x42, 0x00, 0xff);
  const bytes = (maxLength: number) => fc.array(alphabet, { minLength: 1, maxLength }).map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(fc.array(bytes(5), { minLength: 1, maxLength: 12 }), fc.array(bytes(30), { maxLength: 5 }), fc.boolean(), (strings, pieces, foldCase) => {
      const text = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      expect(found(new Automaton(strings, foldCase), pieces)).toEqual(searched(strings, text, foldCase));
    }),
  );
});

it('finds with skips what it finds without, and stops in the same states, in text that comes in any pieces', () => {
  const byte = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0x41, 0x61, 0x62, 0x42, 0x00, 0xe1) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) });
  const bytes = (minLength: number, maxLength: number) => fc.array(byte, { minLength, maxLength }).map((list) => Uint8Array.from(list));
  const strings = fc.integer({ min: 1, max: 20 }).chain((least) => fc.array(bytes(least, least + 6), { minLength: 1, maxLength: 60 }));
  // Pieces of the strings themselves, so that many begin and some are whole.
  const text = strings.chain((list) => fc.record({
    list: fc.constant(list), foldCase: fc.boolean(),
    pieces: fc.array(fc.array(fc.oneof(bytes(0, 12), fc.record({ of: fc.nat({ max: list.length - 1 }), from: fc.nat({ max: 8 }), to: fc.nat({ max: 40 }) }).map(({ of, from, to }) => list[of].subarray(from, to))), { maxLength: 8 }), { maxLength: 5 })
      .map((pieces) => pieces.map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))),
  }));
  let hits = 0;
  fc.assert(
    fc.property(text, ({ list, foldCase, pieces }) => {
      const [some, all] = [new Automaton(list, foldCase), new Automaton(list, foldCase, false)];
      let [a, b] = [0, 0];
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; at = all.position) {
          a = some.scan(piece, at, piece.length, a);
          b = all.scan(piece, at, piece.length, b);
          expect([some.position, a]).toEqual([all.position, b]);
          hits += all.endCount(b);
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(hits).toBeGreaterThan(100);
});

it('strings that are ends and beginnings of each other are all found', () => {
  expect(found(new Automaton(['he', 'she', 'his', 'hers'].map(latin1), false), [latin1('ush'), latin1('ers')])).toEqual(['4 0', '4 1', '6 3']);
});

it('knows all 256 bytes apart', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(found(new Automaton([all, Uint8Array.of(255, 0)], false), [all, all])).toEqual(['256 0', '257 1', '512 0']);
});

it('no strings, no hits', () => {
  expect(found(new Automaton([], false), [latin1('anything')])).toEqual([]);
});
