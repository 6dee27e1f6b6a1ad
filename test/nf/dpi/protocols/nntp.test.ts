import { nntp } from '../../../../src/nf/dpi/protocols/nntp.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(nntp, [
  ['the greeting on its port', latin1('200 news.example.com\r\n'), { outcome: 'done', name: 'Usenet' }, { serverPort: 119 }],
  ['elsewhere it could be anybody\'s', latin1('200 news.example.com\r\n'), 'no'],
  ['a command of its own', latin1('MODE READER\r\n'), 'done'],
]);
