/** The time of day from the clock that never goes back. */
import { afterEach, expect, it, vi } from 'vitest';
import { CELLS, NOW } from '../../src/ring/monotonic-clock.js';
import { TimeOfDay } from '../../src/ring/time-of-day.js';

afterEach(() => { vi.restoreAllMocks(); });

const MIDNIGHT = Date.UTC(2026, 10, 26);

function clocks() {
  const times = new Float64Array(CELLS);
  const wallMs = new Float64Array(1);
  const timeOfDay = new TimeOfDay(times, wallMs);
  let asked = 0;
  /** @param setMs how far the system's time has been set. */
  const at = (now: number, setMs = 0): number => {
    vi.spyOn(Date, 'now').mockImplementation(() => {
      asked++;
      return Math.floor(MIDNIGHT + 0.9 + now + setMs);
    });
    times[NOW] = 5_000_000 + now;
    timeOfDay.write();
    return wallMs[0] - MIDNIGHT;
  };
  return { at, asked: () => asked };
}

it('is a whole number of milliseconds, and asks the system once a second', () => {
  const { at, asked } = clocks();
  for (let now = 0; now < 3000; now++) expect(at(now)).toBe(now);
  expect(asked()).toBe(3);
});

it('does not jump by what the system leaves out of its answer', () => {
  const { at } = clocks();
  let latest = at(0);
  for (let now = 0.37; now < 20_000; now += 0.37) {
    const next = at(now);
    expect(next - latest).toBeLessThanOrEqual(1);
    expect(next).toBeGreaterThanOrEqual(latest);
    latest = next;
  }
  expect(Math.abs(latest - 20_000)).toBeLessThan(2);
});

it.each([-3_600_000, 1500])('follows a clock that was set by %i ms within a second', (setMs) => {
  const { at } = clocks();
  at(0);
  expect(at(999, setMs)).toBe(999);
  expect(Math.abs(at(1000, setMs) - 1000 - setMs)).toBeLessThanOrEqual(1);
});
