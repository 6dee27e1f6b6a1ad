import { tftp } from '../../../../src/nf/dpi/protocols/tftp.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(tftp, [
  ['a request', latin1('\0\x01boot.img\0octet\0'), 'done'],
  ['in capitals, with options', latin1('\0\x02boot.img\0NETASCII\0blksize\x001432\0'), 'done'],
  ['a block', concat(hex('0003 0001'), new Uint8Array(512)), 'maybe'],
  ['its acknowledgement', hex('0004 0001'), 'maybe'],
  ['options that a server takes', latin1('\0\x06blksize\x001432\0'), 'done'],
  ['more than a block', concat(hex('0003 0001'), new Uint8Array(513)), 'no'],
  ['options of something else', latin1('\0\x06unknown\x001432\0'), 'no'],
  ['no mode', latin1('\0\x01boot.img\0nothing\0'), 'no'],
]);
