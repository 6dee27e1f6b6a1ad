import { http2 } from '../../../../src/nf/dpi/protocols/http2.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(http2, [
  ['the preface', latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'done'],
  ['half of it', latin1('PRI * HTT'), 'more'],
  ['another version', latin1('PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n'), 'no'],
]);
