import { gnutella } from '../../../../src/nf/dpi/protocols/gnutella.js';
import { describeDissector } from '../ask.js';
import { hex, latin1 } from '../frames.js';

describeDissector(gnutella, [
  ['a connection', latin1('GNUTELLA CONNECT/0.6\r\n'), 'done', { isStream: true }],
  ['its answer', latin1('GNUTELLA/0.6 200 OK\r\n'), 'done', { isStream: true }],
  ['a ping', hex('0011223344556677 ff 99aabbccddee 00 00 01 00 00000000'), 'done', { isStream: false }],
  ['a piece of a message', hex('474e44 08 1234 01 02 0102'), 'done', { isStream: false }],
  ['a piece beyond the last', hex('474e44 08 1234 03 02 0102'), 'no', { isStream: false }],
  ['a message of the hash table', hex('00112233445566778899aabbccddeeff 44 0000 02000000 0102'), 'done', { isStream: false }],
  ['of a version that does not exist', hex('00112233445566778899aabbccddeeff 44 0900 02000000 0102'), 'no', { isStream: false }],
  ['without the mark', hex('0011223344556677 88 99aabbccddee 00 00 01 00 00000000'), 'no', { isStream: false }],
  ['longer than it says', hex('0011223344556677 ff 99aabbccddee 00 00 01 00 00000000 00'), 'no', { isStream: false }],
  ['a type that does not exist', hex('0011223344556677 ff 99aabbccddee 00 55 01 00 00000000'), 'no', { isStream: false }],
]);
