/** Translated packets of every kind, both ways and back to the inside: tshark finds all their checksums right. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { randomOf } from '../../support/mutate.js';
import { checksumsOf, hasTshark } from '../../support/tshark.js';
import { echo, Flag, icmpError, reversed, see, tcp, udp, type Ends } from './packets.js';

const available = hasTshark();
const SEED = 4787;

/** A pcap of Ethernet frames. */
function pcap(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.map((bytes, k) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + k, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, ...records]);
}

test.skipIf(!available)(`checksums, seed ${SEED}`, async () => {
  const random = randomOf(SEED);
  const nf = await harness(nat({ external: ['203.0.113.1', '203.0.113.2'], static: [{ inside: '10.0.9.0/24', external: '198.51.100.0/24' }] }));
  const frames: Uint8Array[] = [];
  const through = (frame: Uint8Array, direction: 'forward' | 'reverse'): Uint8Array => {
    const { verdict, bytes } = nf.process(frame, { direction, flowId: 0 });
    if (verdict === 'forward') frames.push(bytes);
    return bytes;
  };
  for (let k = 0; k < 120; k++) {
    const flow: Ends = { source: `10.0.${random(10)}.${1 + random(250)}`, sourcePort: random(65_536), destination: `192.0.2.${1 + random(250)}`, destinationPort: random(65_536) };
    const data = Uint8Array.from({ length: random(40) }, () => random(256));
    const out = through(random(2) === 0 ? udp(flow, data, random(5) > 0) : tcp(flow, Flag.syn, data), 'forward');
    const { source, sourcePort, protocol } = see(out);
    const back: Ends = { ...reversed(flow), destination: source, destinationPort: sourcePort };
    const delivered = through(protocol === 17 ? udp(back, data) : tcp(back, Flag.syn | Flag.ack, data), 'reverse');
    // Quoted whole: tshark also judges the checksum of a segment that was quoted in part.
    through(icmpError('192.0.2.99', source, 3, 4, out), 'reverse');
    through(icmpError(flow.source, flow.destination, 3, 3, delivered), 'forward');
    const asked = through(echo(8, flow.source, flow.destination, random(65_536), data), 'forward');
    through(echo(0, flow.destination, see(asked).source, see(asked).sourcePort, data), 'reverse');
    // Another inside host writes to the external end: both ends are translated.
    through(udp({ source: '10.0.77.77', sourcePort: random(65_536), destination: source, destinationPort: sourcePort }, data), 'forward');
  }
  expect(nf.counters.hairpinned).toBeGreaterThan(20);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nat-'));
  try {
    writeFileSync(join(folder, 'translated.pcap'), pcap(frames));
    expect(checksumsOf([join(folder, 'translated.pcap')], folder)).toEqual({ packets: frames.length, bad: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(frames.length).toBeGreaterThan(700);
});
