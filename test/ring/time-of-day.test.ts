/** The time of day from the clock that never goes back. */
import { afterEach, expect, it, vi } from 'vitest';
import { CELLS, readClock, NOW } from '../../src/ring/monotonic-clock.js';
import { COMPARISON, TO_WALL, TimeOfDay } from '../../src/ring/time-of-day.js';

afterEach(() => { vi.restoreAllMocks(); });

const MIDNIGHT = Date.UTC(2026, 10, 26);

/** Two clocks that go as they are told. */
function clocks() {
  const times = new Float64Array(CELLS);
  let timeOfDay: TimeOfDay | null = null;
  let asked = 0;
  let now = 0;
  let set = 0;
  /** How long the thread is away from its core while it asks for the time of day. */
  let away = 0;
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt(Math.round((5_000_000 + now) * 1e6)));
  vi.spyOn(Date, 'now').mockImplementation(() => {
    asked++;
    now += away;
    return Math.floor(MIDNIGHT + 0.9 + now + set);
  });
  /** @param setMs how far the system's time has been set. */
  const at = (milliseconds: number, setMs = 0, awayMs = 0): number => {
    [now, set, away] = [milliseconds, setMs, awayMs];
    readClock(times);
    timeOfDay ??= new TimeOfDay(times);
    if (times[NOW] >= times[COMPARISON]) timeOfDay.compare();
    return Math.floor(times[NOW] + times[TO_WALL]) - MIDNIGHT;
  };
  return { at, asked: () => asked };
}

it('asks the system seldom: after 1 ms, 2, 4 and so on, then once a second', () => {
  const { at, asked } = clocks();
  for (let now = 0; now < 1024; now++) expect(at(now)).toBe(now);
  expect(asked()).toBe(11);
  for (let now = 1024; now < 11_023; now++) expect(at(now)).toBe(now);
  expect(asked()).toBe(20);
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
  for (let now = 0; now < 2023; now++) at(now);
  expect(at(2022.5, setMs)).toBe(2022);
  expect(Math.abs(at(2023, setMs) - 2023 - setMs)).toBeLessThanOrEqual(1);
});

it('takes nothing from two readings between which it lost its core, and asks again soon', () => {
  const { at, asked } = clocks();
  for (let now = 0; now < 1023; now++) at(now);
  const before = asked();
  expect(at(1023, 0, 4)).toBe(1023);
  expect(asked()).toBe(before + 1);
  expect(at(1027)).toBe(1027);
  expect(at(1028.5)).toBe(1028);
  expect(asked()).toBe(before + 2);
});

it('takes what it gets where it knows nothing yet', () => {
  expect(Math.abs(clocks().at(0, 0, 4) - 4)).toBeLessThanOrEqual(1);
});
