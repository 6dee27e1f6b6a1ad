/**
 * Takes the recording machine out of a pcapng file: `node tidy-capture.mjs FROM TO`. The section header loses its
 * hardware, operating system and application options, the interfaces their operating system and description; packets,
 * timestamps, interface names and statistics stay as recorded. Little-endian files with one section, as dumpcap writes.
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const KEPT = new Set([SECTION_HEADER, INTERFACE_DESCRIPTION, INTERFACE_STATISTICS, ENHANCED_PACKET]);

/** Bytes of a block's own fields, ahead of its options. */
const FIXED_LENGTH = new Map([[SECTION_HEADER, 16], [INTERFACE_DESCRIPTION, 8]]);
/** Options that stay: of an interface its name (2) and timestamp resolution (9); of the section none. */
const KEPT_OPTIONS = new Map([[SECTION_HEADER, new Set()], [INTERFACE_DESCRIPTION, new Set([2, 9])]]);

/** The block with only the kept options, its two lengths mended. */
function withFewerOptions(block, type) {
  const optionsStart = 8 + FIXED_LENGTH.get(type);
  const parts = [block.subarray(8, optionsStart)];
  let at = optionsStart;
  while (at + 4 <= block.length - 4) {
    const code = block.readUInt16LE(at);
    if (code === 0) break;
    const end = at + 4 + ((block.readUInt16LE(at + 2) + 3) & ~3);
    if (KEPT_OPTIONS.get(type).has(code)) parts.push(block.subarray(at, end));
    at = end;
  }
  if (parts.length > 1) parts.push(new Uint8Array(4));
  const body = Buffer.concat(parts);
  const tidy = Buffer.alloc(body.length + 12);
  tidy.writeUInt32LE(type, 0);
  tidy.writeUInt32LE(tidy.length, 4);
  body.copy(tidy, 8);
  tidy.writeUInt32LE(tidy.length, tidy.length - 4);
  return tidy;
}

const [from, to] = process.argv.slice(2);
const file = readFileSync(from);
if (file.readUInt32LE(8) !== 0x1a2b3c4d) throw new Error(`${from}: not a little-endian pcapng file`);
const blocks = [];
for (let at = 0; at < file.length; ) {
  const type = file.readUInt32LE(at);
  const length = file.readUInt32LE(at + 4);
  const block = file.subarray(at, at + length);
  if (KEPT.has(type)) blocks.push(FIXED_LENGTH.has(type) ? withFewerOptions(block, type) : block);
  at += length;
}
writeFileSync(to, Buffer.concat(blocks));
