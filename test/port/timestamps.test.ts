import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUnits, toNanoseconds } from '../../src/port/capture/timestamps.js';

const u32 = fc.integer({ min: 0, max: 0xffffffff });

/** The same by exact arithmetic. */
function exact(high: number, low: number, resolution: number): { seconds: number; nanos: number } {
  const units = (BigInt(high) << 32n) + BigInt(low);
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = (resolution & 0x80) === 0 ? 10n ** exponent : 1n << exponent;
  return { seconds: Number(units / perSecond), nanos: Number(((units % perSecond) * 1_000_000_000n) / perSecond) };
}

describe('timestamps', () => {
  it('are exact in every decimal resolution', () => {
    fc.assert(fc.property(u32, u32, fc.integer({ min: 0, max: 19 }), (high, low, resolution) => {
      const found = { seconds: 0, nanos: 0 };
      fromUnits(high, low, resolution, found);
      expect(found).toEqual(exact(high, low, resolution));
    }), { numRuns: 2000 });
  });

  it('are exact to a nanosecond in every binary resolution', () => {
    fc.assert(fc.property(u32, u32, fc.integer({ min: 0, max: 63 }), (high, low, exponent) => {
      const found = { seconds: 0, nanos: 0 };
      fromUnits(high, low, 0x80 + exponent, found);
      const wanted = exact(high, low, 0x80 + exponent);
      expect(found.seconds).toBe(wanted.seconds);
      expect(Math.abs(found.nanos - wanted.nanos)).toBeLessThanOrEqual(1);
    }), { numRuns: 2000 });
  });

  it.each([20, 127, 0x80 + 64, 0x80 + 100, 0xff])('are below a second in resolution %i', (resolution) => {
    const found = { seconds: 1, nanos: 1 };
    fromUnits(0xffffffff, 0xffffffff, resolution, found);
    expect(found.seconds).toBe(0);
    expect(found.nanos).toBeLessThan(1e9);
  });

  it('come back from nanoseconds as they went', () => {
    fc.assert(fc.property(u32, fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanos) => {
      const halves = { high: 0, low: 0 };
      const found = { seconds: 0, nanos: 0 };
      toNanoseconds(seconds, nanos, halves);
      fromUnits(halves.high, halves.low, 9, found);
      expect(found).toEqual({ seconds, nanos });
    }), { numRuns: 2000 });
  });
});
