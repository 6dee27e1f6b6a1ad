/** Asks one dissector about literal bytes, and checks that it looks only where it may. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowDetails } from '../../../src/nf/contract.js';
import { Facts, Finding, Outcome } from '../../../src/nf/dpi/dissector.js';
import type { Dissector } from '../../../src/nf/dpi/dissector.js';

export interface Answer {
  outcome: string;
  name: string;
  host: string;
}

const NAMES = Object.entries(Outcome);
/** That no dissector knows. */
const UNUSED_PORT = 60_001;

/** What a dissector says of a payload that is all there is. */
export function ask(dissector: Dissector, payload: Uint8Array, known: Partial<Facts> = {}): Answer {
  const { outcome, name, host } = answer(dissector, payload, known);
  return { outcome, name, host };
}

/** The details that a dissector has made of a payload. */
export function tells(dissector: Dissector, payload: Uint8Array, known: Partial<Facts> = {}): FlowDetails {
  return answer(dissector, payload, known).details;
}

/** Whose bytes they are; a stream where the dissector knows streams only. */
function answer(dissector: Dissector, payload: Uint8Array, known: Partial<Facts> = {}, before = 0, after = 0, filler = 0): Answer & { details: FlowDetails } {
  const facts = Object.assign(new Facts(), { isStream: dissector.over === 'tcp', isFirst: true, clientPort: 40_000, serverPort: 9999 }, known);
  const finding = new Finding();
  const bytes = new Uint8Array(before + payload.length + after).fill(filler);
  bytes.set(payload, before);
  const outcome = dissector.inspect(bytes, before, before + payload.length, facts, finding);
  const isNothing = outcome === Outcome.no || outcome === Outcome.more;
  return {
    outcome: NAMES.find(([, number]) => number === outcome)?.[0] ?? String(outcome),
    name: isNothing ? '' : finding.name === '' ? dissector.name : finding.name,
    host: isNothing ? '' : new TextDecoder().decode(finding.host.subarray(0, finding.hostLength)),
    details: isNothing || finding.describer === null ? {} : finding.describer(finding.described, finding.describedStart, finding.describedEnd, facts),
  };
}

/**
 * Random bytes, and the samples with bytes changed and ends cut off: never an exception, and never an answer that
 * depends on a byte outside of what was shown.
 */
export function expectRobust(dissector: Dissector, samples: readonly Uint8Array[], known: Partial<Facts> = {}): void {
  const changed = fc
    .record({
      sample: fc.constantFrom(...samples),
      length: fc.nat(2000),
      changes: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
    })
    .map(({ sample, length, changes }) => {
      const bytes = sample.slice(0, Math.max(1, length < sample.length * 3 ? length : sample.length));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  const anything = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.oneof(changed, anything), fc.boolean(), fc.boolean(), fc.boolean(), (bytes, isFinal, isWhole, fromClient) => {
      const facts = { ...known, isFinal, isWhole, fromClient };
      const alone = answer(dissector, bytes, facts);
      expect(answer(dissector, bytes, facts, 7, 300, 0x00)).toEqual(alone);
      expect(answer(dissector, bytes, facts, 7, 300, 0x41)).toEqual(alone);
      expect(answer(dissector, bytes, facts, 3, 300, 0xff)).toEqual(alone);
    }),
    { numRuns: 300 },
  );
  for (const carrier of dissector.over === 'both' ? (['tcp', 'udp'] as const) : [dissector.over]) expectLimits(dissector, carrier, samples, known);
}

/** What is outside of a dissector's limits, it says no to: so it need not be asked. */
function expectLimits(dissector: Dissector, carrier: 'tcp' | 'udp', samples: readonly Uint8Array[], known: Partial<Facts>): void {
  const { firstBytes, ports } = (carrier === 'tcp' ? dissector.overTcp : dissector.overUdp) ?? dissector;
  const over = { ...known, isStream: carrier === 'tcp' };
  for (const sample of samples) {
    const elsewhere = { ...over, clientPort: UNUSED_PORT, serverPort: UNUSED_PORT - 1 };
    if (ports !== undefined) expect(ask(dissector, sample, elsewhere).outcome, `over ${carrier} without its ports`).toBe('no');
    for (let length = 1; length < Math.min(dissector.leastBytes ?? 1, sample.length + 1); length++) {
      for (const port of [UNUSED_PORT, ...(ports ?? []), known.serverPort ?? UNUSED_PORT]) {
        expect(ask(dissector, sample.subarray(0, length), { ...over, serverPort: port }).outcome, `the first ${length} bytes over ${carrier}`).toBe('no');
      }
    }
  }
  for (let first = 0; first < 256; first++) {
    if (firstBytes?.includes(first) ?? true) continue;
    for (const sample of samples) {
      const other = Uint8Array.from(sample);
      other[0] = first;
      expect(ask(dissector, other, over).outcome, `first byte ${first} over ${carrier}`).toBe('no');
    }
  }
}

/** What a payload is, said by title: the outcome alone, or all that was found. */
type Case = readonly [title: string, payload: Uint8Array, expected: string | Partial<Answer>, known?: Partial<Facts>];

/** The stories of one dissector, and that it looks at nothing but what it is shown, nor at bytes whose first it does not claim. */
export function describeDissector(dissector: Dissector, cases: readonly Case[], known: Partial<Facts> = {}): void {
  describe(dissector.name, () => {
    for (const [title, payload, expected, more] of cases) {
      it(title, () => {
        expect(ask(dissector, payload, { ...known, ...more })).toMatchObject(typeof expected === 'string' ? { outcome: expected } : expected);
      });
    }

    it('reads nothing but what it is shown, whatever that is', () => expectRobust(dissector, cases.map(([, payload]) => payload), known));
  });
}
