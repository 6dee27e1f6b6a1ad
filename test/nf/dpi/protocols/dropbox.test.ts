import { dropbox } from '../../../../src/nf/dpi/protocols/dropbox.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(dropbox, [
  ['an announcement', latin1('{"version": [2, 0], "port": 17500, "host_int": 1, "namespaces": []}'), 'done'],
  ['other JSON', latin1('{"a": 1}'), 'no'],
], { serverPort: 17_500 });
