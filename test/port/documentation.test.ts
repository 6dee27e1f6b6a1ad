import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAPTURE_PROBLEMS } from '../../src/port/capture/capture-error.js';
import { MAX_INFLATED_BYTES } from '../../src/port/capture/byte-source.js';
import { MAX_CONNECTIONS } from '../../src/port/capture/connections.js';
import { MAX_RECORD_BYTES } from '../../src/port/capture/reader.js';
import { WINDOW_BYTES } from '../../src/port/capture/two-sided.js';
import { MAX_WAITING_RECORDS } from '../../src/port/capture/waiting-records.js';
import { PROBLEM_CODES } from '../../src/runtime/problems.js';

/** Codes of the configuration errors that a capture can cause. */
const PREVENTING = ['file-missing', 'file-unreadable', 'not-a-capture', 'write-impossible'];

const page = readFileSync(new URL('../../docs/captures.md', import.meta.url), 'utf8');

describe('docs/captures.md', () => {
  it('lists every problem with its meaning, and no other', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, kind, meaning]) => [kind, meaning]);
    const found = listed.map(([kind]) => kind);
    expect(found.slice(0, PREVENTING.length)).toEqual(PREVENTING);
    expect(PREVENTING.filter((code) => !(code in PROBLEM_CODES))).toEqual([]);
    expect(listed.slice(PREVENTING.length)).toEqual(Object.entries(CAPTURE_PROBLEMS));
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
