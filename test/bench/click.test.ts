/** Click, where it is installed, over connections of our own: it is told what it understands, and lets everything through. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { clickWay } from '../../bench/traffic/click.js';
import { conversations, FRAME_BYTES } from '../../bench/traffic/conversations.js';
import type { Recorded } from '../../bench/traffic/record.js';

const CLICK = 'click' as const;
const hasClick = spawnSync(CLICK, ['--version']).error === undefined;
if (!hasClick) console.warn('skipped: the Click modular router (click) is not on this machine');

function recordedOf(flows: number): { packets: Recorded[]; external: number } {
  const { packets: { bytes, offsets, sides }, externals } = conversations(flows, true, 1);
  return { external: externals[0], packets: Array.from(offsets, (at, k) => ({ side: sides[k] as 0 | 1, bytes: bytes.slice(at, at + FRAME_BYTES) })) };
}

describe.skipIf(!hasClick)('Click', () => {
  it('translates connections and their answers', { timeout: 60_000 }, async () => {
    const measured = await clickWay([recordedOf(500)]).measure(1);
    expect(measured.map(({ metric }) => metric)).toEqual(['time', 'dropped']);
    expect(measured[0].value).toBeGreaterThan(0);
    expect(measured[0].packets).toBeGreaterThanOrEqual(1_500_000);
    expect(measured[1].value).toBe(0);
  });

  it('runs as a process for each share, all at the same time', { timeout: 60_000 }, async () => {
    const share = recordedOf(500);
    const [time, dropped] = await clickWay([share, share]).measure(1);
    expect(time.packets).toBeGreaterThanOrEqual(3_000_000);
    expect(time.value).toBeGreaterThan(0);
    expect(dropped.value).toBe(0);
  });

  it('gives no number where answers find no connection', { timeout: 60_000 }, async () => {
    const { packets, external } = recordedOf(500);
    await expect(clickWay([{ packets, external: external + 1 }]).measure(1)).rejects.toThrow(/at least 0.95 of them out, found \d+ and \d+/);
  });
});
