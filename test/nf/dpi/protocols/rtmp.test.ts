import { rtmp } from '../../../../src/nf/dpi/protocols/rtmp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(rtmp, [
  ['a handshake', hex('03 00000000 00000000 0102030405'), 'done'],
  ['of a client that tells its version', hex('03 00001234 0a000102 0102030405'), 'done'],
  ['something in the middle', hex('03 00000000 00000000 0102030405'), 'no', { isFirst: false }],
  ['another version', hex('04 00000000 00000000 0102030405'), 'no'],
  ['bytes where zeros should be', hex('03 00000000 01020304 0102030405'), 'no'],
], { serverPort: 1935 });
