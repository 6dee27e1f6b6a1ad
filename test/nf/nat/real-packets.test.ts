import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { sharedCaptures } from '../../support/requirements.js';
import { see } from './packets.js';

const folder = sharedCaptures();
if (folder === null) console.warn('skipped: translation of real packets needs the shared captures');

interface Recorded {
  bytes: Uint8Array;
  timestampMs: number;
}

/** The whole Ethernet frames of a little-endian microsecond pcap; none of any other file. */
function* frames(file: Buffer): Generator<Recorded> {
  if (file.length < 24 || file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) return;
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const bytes = Uint8Array.from(file.subarray(at + 16, at + 16 + length));
    const isWhole = length === file.readUInt32LE(at + 12) && bytes.length === length && length < 9000;
    if (isWhole) yield { bytes, timestampMs: file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000 };
    at += 16 + length;
  }
}

/** TCP or UDP over IPv4, unfragmented, right after the Ethernet header and wholly present. */
function isPlain(bytes: Uint8Array): boolean {
  if (bytes.length < 34 || bytes[12] !== 8 || bytes[13] !== 0) return false;
  const total = (bytes[16] << 8) | bytes[17];
  return (bytes[23] === 6 || bytes[23] === 17) && ((bytes[20] & 0x3f) | bytes[21]) === 0 && total > 0 && total + 14 <= bytes.length;
}

/** The same packet on its way back: addresses and ports exchanged. */
function mirrored(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const l4 = 14 + (bytes[14] & 15) * 4;
  copy.set(bytes.slice(30, 34), 26);
  copy.set(bytes.slice(26, 30), 30);
  copy.set(bytes.slice(l4 + 2, l4 + 4), l4);
  copy.set(bytes.slice(l4, l4 + 2), l4 + 2);
  return copy;
}

test.skipIf(folder === null)('real packets: sums are as right or wrong as before, and what comes back is what was sent', async () => {
  let count = 0;
  for (const name of readdirSync(folder!).filter((file) => file.endsWith('.pcap'))) {
    const nf = await harness(nat({ external: '203.0.113.1' }));
    for (const { bytes, timestampMs } of frames(readFileSync(`${folder!}${name}`))) {
      const { verdict, bytes: translated } = nf.process(bytes, { timestampMs });
      if (verdict !== 'forward' || !isPlain(bytes)) continue;
      count++;
      const [before, after] = [see(bytes), see(translated)];
      expect([after.ipError, after.l4Error % 0xffff], `${name}, packet ${count}`).toEqual([before.ipError, before.l4Error % 0xffff]);
      const home = nf.process(mirrored(translated), { direction: 'reverse', timestampMs });
      if (!Buffer.from(home.bytes).equals(mirrored(bytes))) expect.fail(`${name}: packet ${count} came home changed`);
    }
  }
  expect(count).toBeGreaterThan(10_000);
});
