import { irc } from '../../../../src/nf/dpi/protocols/irc.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(irc, [
  ['a name and a user', latin1('NICK someone\r\nUSER someone 0 * :Some One\r\n'), 'done'],
  ['the user is to come', latin1('NICK someone\r\n'), 'more'],
  ['what it can do', latin1('CAP LS 302\r\n'), 'done'],
  ['a server greets', latin1(':irc.Example.net NOTICE * :*** Looking up your hostname\r\n'), { outcome: 'done', host: 'irc.example.net' }],
  ['one that does not say its name', latin1('NOTICE AUTH :*** Looking up your hostname\r\n'), 'done'],
  ['a name and something else', latin1('NICK someone\r\nGET / HTTP/1.1\r\n'), 'no'],
  ['another line with a colon', latin1(':name value\r\n'), 'no'],
]);
