import { tftp } from '../../../../src/nf/dpi/protocols/tftp.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(tftp, [
  ['a request', latin1('\0\x01boot.img\0octet\0'), 'done'],
  ['in capitals, with options', latin1('\0\x02boot.img\0NETASCII\0blksize\x001432\0'), 'done'],
  ['no mode', latin1('\0\x01boot.img\0nothing\0'), 'no'],
]);
