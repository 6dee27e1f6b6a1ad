import { tds } from '../../../../src/nf/dpi/protocols/tds.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(tds, [
  ['PRELOGIN', hex('12 01 0014 0000 00 00 00 0006 0006 ff 0f0007d00000'), 'done'],
  ['its answer', hex('04 01 0014 0000 01 00 00 0006 0006 ff 0f0007d00000'), 'done'],
  ['LOGIN7', hex('10 01 0014 0000 00 00 0c000000 04000074 00100000'), 'done'],
  ['a batch', hex('01 01 0020 0000 01 00 16000000 12000000 0200 0000000000000000 01000000 4100'), 'done'],
  ['with other headers', hex('01 01 0020 0000 01 00 17000000 12000000 0200 0000000000000000 01000000 4100'), 'no'],
  ['a call, on its port', hex('03 01 0014 0000 01 00 ffff 0a00 0000 0000 01020304'), 'done', { serverPort: 1433 }],
  ['and elsewhere', hex('03 01 0014 0000 01 00 ffff 0a00 0000 0000 01020304'), 'no'],
  ['another length', hex('12 01 0015 0000 00 00 00 0006 0006 ff 0f0007d00000'), 'no'],
  ['options that begin with another', hex('12 01 0014 0000 00 00 01 0006 0006 ff 0f0007d00000'), 'no'],
  ['a version that does not exist', hex('10 01 0014 0000 00 00 0c000000 04000080 00100000'), 'no'],
]);
