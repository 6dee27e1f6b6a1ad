/** A TLS ClientHello, built field by field (RFC 8446, 4.1.2). */
import { concat, latin1 } from './frames.js';

const u8 = (value: number): Uint8Array => Uint8Array.of(value);
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const u24 = (value: number): Uint8Array => Uint8Array.of(value >> 16, (value >> 8) & 255, value & 255);

/** The handshake message, as QUIC carries it. `padding`: bytes of an extension before the server name. */
export function clientHelloMessage(host: string | null, padding = 0): Uint8Array {
  const name = latin1(host ?? '');
  const serverName = host === null ? new Uint8Array(0) : concat(u16(0), u16(name.length + 5), u16(name.length + 3), u8(0), u16(name.length), name);
  const filler = concat(u16(21), u16(padding), new Uint8Array(padding));
  const versions = concat(u16(43), u16(3), u8(2), u16(0x0304));
  const extensions = concat(filler, serverName, versions);
  const body = concat(u16(0x0303), new Uint8Array(32).fill(7), u8(0), u16(4), u16(0x1301), u16(0xc02f), u8(1), u8(0), u16(extensions.length), extensions);
  return concat(u8(1), u24(body.length), body);
}

/** The message in records of at most `recordBytes`. */
export function clientHello(host: string | null, padding = 0, recordBytes = 16_384): Uint8Array {
  const message = clientHelloMessage(host, padding);
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    const piece = message.subarray(at, at + recordBytes);
    records.push(concat(u8(22), u16(0x0301), u16(piece.length), piece));
  }
  return concat(...records);
}
