/** A client's QUIC Initial packet, protected as RFC 9001, section 5, and RFC 9369, section 3.3, say. */
import { createCipheriv, hkdfSync, createHmac } from 'node:crypto';
import { concat, hex, latin1 } from './frames.js';

const SALTS: Readonly<Record<number, { salt: string; label: string; firstByte: number }>> = {
  0x00000001: { salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a', label: 'quic', firstByte: 0xc1 },
  0x6b3343cf: { salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9', label: 'quicv2', firstByte: 0xd1 },
  // Google's, with TLS in them.
  0x54303530: { salt: '7ff579e5acd072915580304c43a2367c60488310', label: 'quic', firstByte: 0xc1 },
  0x54303531: { salt: '7a4edef4e7ccee5fa4506c19124fc8ccda6e033d', label: 'quic', firstByte: 0xc1 },
  0xff00001d: { salt: 'afbfec289993d24c9e9786f19c6111e04390a899', label: 'quic', firstByte: 0xc1 },
};

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
/** A variable-length integer of two bytes. */
const integer = (value: number): Uint8Array => u16(0x4000 | value);

export function cryptoFrame(offset: number, data: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(6), integer(offset), integer(data.length), data);
}

/** HKDF-Expand alone: Node's hkdf would extract first. */
function expand(secret: Uint8Array, label: string, length: number): Uint8Array {
  const text = latin1(`tls13 ${label}`);
  const info = concat(u16(length), Uint8Array.of(text.length), text, Uint8Array.of(0, 1));
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

export function initialPacket(version: number, connectionId: Uint8Array, frames: readonly Uint8Array[], packetNumber = 1): Uint8Array {
  const { salt, label, firstByte } = SALTS[version];
  const clientSecret = expandFromSalt(hex(salt), connectionId);
  const body = concat(...frames);
  const plain = concat(body, new Uint8Array(Math.max(0, 1162 - body.length)));
  const number = u16(packetNumber);
  const versionBytes = Uint8Array.of(version >>> 24, (version >> 16) & 255, (version >> 8) & 255, version & 255);
  const header = concat(
    Uint8Array.of(firstByte), versionBytes, Uint8Array.of(connectionId.length), connectionId, Uint8Array.of(0, 0),
    integer(number.length + plain.length + 16), number,
  );
  const nonce = Uint8Array.from(expand(clientSecret, `${label} iv`, 12));
  nonce[10] ^= number[0];
  nonce[11] ^= number[1];
  const cipher = createCipheriv('aes-128-gcm', expand(clientSecret, `${label} key`, 16), nonce);
  cipher.setAAD(header);
  const sealed = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  const packet = concat(header, sealed);
  const numberAt = header.length - 2;
  const mask = createCipheriv('aes-128-ecb', expand(clientSecret, `${label} hp`, 16), null).update(packet.slice(numberAt + 4, numberAt + 20));
  packet[0] ^= mask[0] & 0x0f;
  packet[numberAt] ^= mask[1];
  packet[numberAt + 1] ^= mask[2];
  return packet;
}

/** The client's secret by Node's own HKDF: extract, then expand with the label "client in". */
function expandFromSalt(salt: Uint8Array, connectionId: Uint8Array): Uint8Array {
  const text = latin1('tls13 client in');
  return new Uint8Array(hkdfSync('sha256', connectionId, salt, concat(u16(32), Uint8Array.of(text.length), text, Uint8Array.of(0)), 32));
}
