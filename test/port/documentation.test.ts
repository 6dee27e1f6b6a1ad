import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAPTURE_PROBLEMS } from '../../src/port/capture/capture-error.js';
import { MAX_INFLATED_BYTES } from '../../src/port/capture/byte-source.js';
import { MAX_CONNECTIONS } from '../../src/port/capture/connections.js';
import { MAX_RECORD_BYTES } from '../../src/port/capture/reader.js';
import { WINDOW_BYTES } from '../../src/port/capture/two-sided.js';
import { MAX_WAITING_RECORDS } from '../../src/port/capture/waiting-records.js';

const page = readFileSync(new URL('../../docs/captures.md', import.meta.url), 'utf8');

describe('docs/captures.md', () => {
  it('lists every problem with its meaning, and no other', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, kind, meaning]) => [kind, meaning]);
    expect(listed.filter(([kind]) => !kind.startsWith('capture-'))).toEqual(Object.entries(CAPTURE_PROBLEMS));
    expect(listed.map(([kind]) => kind).filter((kind) => kind.startsWith('capture-')).sort())
      .toEqual(['capture-format', 'capture-too-large', 'capture-unreadable', 'capture-unwritable']);
  });

  it('tells the limits that are in force', () => {
    const MiB = 1024 * 1024;
    expect([WINDOW_BYTES, MAX_INFLATED_BYTES, MAX_RECORD_BYTES]).toEqual([8 * MiB, 512 * MiB, 256 * 1024]);
    for (const limit of [MAX_WAITING_RECORDS, MAX_CONNECTIONS]) {
      const [thousands, rest] = [Math.floor(limit / 1000), limit % 1000];
      expect(page).toContain(`${thousands} ${String(rest).padStart(3, '0')}`);
    }
  });
});
