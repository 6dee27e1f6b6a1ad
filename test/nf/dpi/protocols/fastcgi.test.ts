import { fastcgi } from '../../../../src/nf/dpi/protocols/fastcgi.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(fastcgi, [
  ['a request begins', hex('01 01 0001 0008 00 00 0001 01 0000000000'), 'done'],
  ['a role that does not exist', hex('01 01 0001 0008 00 00 0009 01 0000000000'), 'no'],
]);
