import { git } from '../../../../src/nf/dpi/protocols/git.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(git, [
  ['a request gives its host', latin1('0032git-upload-pack /p.git\0host=git.Example.com\0'), { outcome: 'done', host: 'git.example.com' }],
  ['half of it', latin1('0032git-up'), 'more'],
  ['another line', latin1('0032git-something /p.git\0'), 'no'],
  ['no length', latin1('00zzgit-upload-pack /p.git\0'), 'no'],
]);
