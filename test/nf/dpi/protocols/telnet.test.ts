import { telnet } from '../../../../src/nf/dpi/protocols/telnet.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(telnet, [
  ['negotiations', hex('ff fd 18 ff fd 20 ff fd 23'), 'done'],
  ['one, off its port', hex('ff fd 18'), 'maybe'],
  ['one, on its port', hex('ff fd 18'), 'done', { serverPort: 23 }],
  ['an option that does not exist', hex('ff fd c8'), 'no'],
  ['in the middle', hex('ff fd 18 ff fd 20'), 'no', { isFirst: false }],
]);
