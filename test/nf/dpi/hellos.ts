/** A TLS ClientHello, built field by field (RFC 8446, 4.1.2). */
import { concat, hex, latin1 } from './frames.js';

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

/** An extension: its type, and its content in hex. */
export type Extension = readonly [type: number, content: string];

/** A hello that offers just this, in this order. */
export function helloOf(ciphers: readonly number[], extensions: readonly Extension[]): Uint8Array {
  const all = concat(...extensions.map(([type, content]) => concat(u16(type), u16(hex(content).length), hex(content))));
  const offered = concat(...ciphers.map(u16));
  const body = concat(u16(0x0303), new Uint8Array(32).fill(7), u8(0), u16(offered.length), offered, u8(1), u8(0), u16(all.length), all);
  return concat(u8(1), u24(body.length), body);
}

/** A server's first flight up to TLS 1.2: ServerHello, Certificate, ServerHelloDone, in one record. */
export function serverFlight(certificate: Uint8Array): Uint8Array {
  const hello = concat(u16(0x0303), new Uint8Array(32).fill(9), u8(0), u16(0xc02f), u8(0), u16(9), u16(16), u16(5), u16(3), u8(2), latin1('h2'));
  const list = concat(u24(certificate.length), certificate);
  const messages = concat(u8(2), u24(hello.length), hello, u8(11), u24(list.length + 3), u24(list.length), list, u8(14), u24(0));
  return concat(u8(22), u16(0x0303), u16(messages.length), messages);
}

/** A message in one record. */
export function inRecord(message: Uint8Array): Uint8Array {
  return concat(u8(22), u16(0x0301), u16(message.length), message);
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
