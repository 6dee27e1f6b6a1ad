/** The keywords of rules, one row each: what it does to the rule that is read. What is not here is refused by name. */
import { BUFFER_ALIASES, BUFFERS } from './buffers.js';
import { readByteTest } from './byte-test.js';
import { noValue, numberTest, valueOf, wholeNumber, type Draft } from './draft.js';
import { readContent, readPattern, readText } from './quoted.js';
import type { FlowbitsCommand, Threshold } from './rule.js';
import type { RuleOption } from './rule-text.js';

type Keyword = (draft: Draft, option: RuleOption) => void;

const MAX_U32 = 0xffffffff;
/** Far more than a stream's window. */
const MAX_DISTANCE = 65_535;

/** Things said of a rule, which change nothing in what it matches. */
const DESCRIPTIONS: Readonly<Record<string, Keyword>> = {
  msg: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (draft.once(option) && value !== null) draft.rule.message = readText(value, draft.report);
  },
  sid: (draft, option) => {
    if (draft.once(option)) draft.rule.sid = wholeNumber(option, 1, MAX_U32, draft.report);
  },
  gid: (draft, option) => {
    if (draft.once(option)) draft.rule.gid = wholeNumber(option, 0, MAX_U32, draft.report);
  },
  rev: (draft, option) => {
    if (draft.once(option)) draft.rule.rev = wholeNumber(option, 0, MAX_U32, draft.report);
  },
  priority: (draft, option) => {
    if (draft.once(option)) draft.rule.priority = wholeNumber(option, 1, 255, draft.report);
  },
  classtype: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (!draft.once(option) || value === null) return;
    draft.rule.classtype = value.text;
    draft.classificationAt = value.at;
  },
  reference: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (value === null) return;
    if (/^[\w-]+\s*,\s*\S/.test(value.text)) draft.rule.references.push(value.text.replaceAll('\\', ''));
    else draft.report(`'reference' expects a kind and a name, as in url,example.com, found '${value.text.slice(0, 40)}'`, value.at);
  },
  metadata: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (value === null) return;
    for (const pair of value.text.split(',')) {
      const [name, ...rest] = pair.trim().split(/\s+/);
      if (name === '__proto__') continue;
      const known = Object.hasOwn(draft.rule.metadata, name) ? draft.rule.metadata[name] : [];
      draft.rule.metadata[name] = [...known, rest.join(' ')];
    }
  },
  target: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (value !== null && !/^(src|dest)_ip$/.test(value.text)) draft.report(`'target' expects src_ip or dest_ip, found '${value.text}'`, value.at);
  },
};

const CONTENTS: Readonly<Record<string, Keyword>> = {
  content: (draft, option) => {
    const value = valueOf(option, draft.report);
    const content = value === null ? null : readContent(value, draft.report);
    if (content === null) return;
    draft.add({ kind: 'content', ...content, nocase: false, offset: 0, depth: null, distance: null, within: null, endsWith: false, fastPattern: false });
  },
  pcre: (draft, option) => {
    const value = valueOf(option, draft.report);
    const pattern = value === null ? null : readPattern(value, draft.report);
    if (pattern !== null) draft.add(pattern);
  },
  isdataat: (draft, option) => {
    const value = valueOf(option, draft.report);
    const parts = value === null ? null : /^(!?)\s*(\d{1,5})((?:\s*,\s*(?:relative|rawbytes))*)$/.exec(value.text);
    if (parts !== null) draft.add({ kind: 'isdataat', at: Number(parts[2]), negated: parts[1] === '!', relative: parts[3].includes('relative') });
    else if (value !== null) draft.report(`'isdataat' expects a number, and 'relative' behind a comma, found '${value.text}'`, value.at);
  },
  byte_test: readByteTest,
  bsize: (draft, option) => {
    const size = numberTest(option, MAX_U32, draft.report);
    if (draft.buffer === 'payload') draft.report("'bsize' has to stand behind a sticky buffer", option.name.at);
    else if (size !== null) draft.add({ kind: 'bsize', ...size });
  },
  urilen: (draft, option) => {
    const size = numberTest(option, MAX_U32, draft.report);
    const before = draft.buffer;
    draft.buffer = 'http.uri';
    if (size !== null) draft.add({ kind: 'bsize', ...size });
    draft.buffer = before;
  },
};

const MODIFIERS: Readonly<Record<string, Keyword>> = {
  nocase: (draft, option) => {
    noValue(option, draft.report);
    const content = draft.content(option.name);
    if (content !== null) content.nocase = true;
  },
  offset: (draft, option) => {
    const content = draft.content(option.name);
    if (content !== null) content.offset = wholeNumber(option, 0, MAX_DISTANCE, draft.report);
  },
  depth: (draft, option) => {
    const content = draft.content(option.name);
    if (content !== null) content.depth = wholeNumber(option, content.bytes.length, MAX_DISTANCE, draft.report);
  },
  distance: (draft, option) => {
    const content = draft.content(option.name);
    if (content !== null) content.distance = wholeNumber(option, -MAX_DISTANCE, MAX_DISTANCE, draft.report);
  },
  within: (draft, option) => {
    const content = draft.content(option.name);
    if (content !== null) content.within = wholeNumber(option, content.bytes.length, MAX_DISTANCE, draft.report);
  },
  startswith: (draft, option) => {
    noValue(option, draft.report);
    const content = draft.content(option.name);
    if (content === null) return;
    if (content.offset !== 0 || content.depth !== null) draft.report("'startswith' cannot stand with offset or depth", option.name.at);
    content.depth = content.bytes.length;
  },
  endswith: (draft, option) => {
    noValue(option, draft.report);
    const content = draft.content(option.name);
    if (content !== null) content.endsWith = true;
  },
  fast_pattern: (draft, option) => {
    if (option.value !== null && !/^(only|\d+,\d+)$/.test(option.value.text)) draft.report(`'fast_pattern' expects nothing, only, or offset,length, found '${option.value.text}'`, option.value.at);
    const content = draft.content(option.name);
    if (content === null) return;
    if (content.negated) draft.report('a negated content cannot be the fast pattern', option.name.at);
    content.fastPattern = true;
  },
  rawbytes: (draft, option) => {
    noValue(option, draft.report);
    draft.content(option.name);
  },
};

const FLOW_WORDS: Readonly<Record<string, (rule: Draft['rule']) => void>> = {
  to_server: (rule) => void (rule.direction = 'to-server'),
  from_client: (rule) => void (rule.direction = 'to-server'),
  to_client: (rule) => void (rule.direction = 'to-client'),
  from_server: (rule) => void (rule.direction = 'to-client'),
  established: (rule) => void (rule.state = 'established'),
  not_established: (rule) => void (rule.state = 'not-established'),
  stateless: () => undefined,
  only_stream: (rule) => void (rule.scope = 'only-stream'),
  no_stream: (rule) => void (rule.scope = 'no-stream'),
};
const FLOWBITS = ['set', 'unset', 'toggle', 'isset', 'isnotset'] as const;
const THRESHOLD_TYPES = ['limit', 'threshold', 'both'] as const;
const TRACKS = ['by_src', 'by_dst', 'by_both', 'by_rule'] as const;

const CONDITIONS: Readonly<Record<string, Keyword>> = {
  flow: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (!draft.once(option) || value === null) return;
    for (const word of value.text.split(',').map((each) => each.trim())) {
      if (Object.hasOwn(FLOW_WORDS, word)) FLOW_WORDS[word](draft.rule);
      else draft.report(`'${word}' is not supported by 'flow', expected ${Object.keys(FLOW_WORDS).join(', ')}`, value.at);
    }
  },
  flowbits: (draft, option) => {
    const value = valueOf(option, draft.report);
    if (value === null) return;
    const [command, names, ...more] = value.text.split(',').map((part) => part.trim());
    if (command === 'noalert' && names === undefined) {
      draft.rule.noalert = true;
      return;
    }
    const known = FLOWBITS.find((each) => each === command);
    const list = (names ?? '').split('|').map((name) => name.trim());
    const mayChoose = command === 'isset' || command === 'isnotset';
    if (known === undefined || more.length > 0 || list.some((name) => name === '') || (list.length > 1 && !mayChoose)) {
      draft.report(`'flowbits' expects ${FLOWBITS.join(', ')} and a name, or noalert, found '${value.text.slice(0, 60)}'`, value.at);
    } else draft.rule.flowbits.push({ command: known, names: list } satisfies FlowbitsCommand);
  },
  noalert: (draft, option) => {
    noValue(option, draft.report);
    draft.rule.noalert = true;
  },
  dsize: (draft, option) => {
    if (draft.once(option)) draft.rule.dsize = numberTest(option, 65_535, draft.report);
  },
  itype: (draft, option) => {
    if (draft.once(option)) draft.rule.itype = numberTest(option, 255, draft.report);
  },
  icode: (draft, option) => {
    if (draft.once(option)) draft.rule.icode = numberTest(option, 255, draft.report);
  },
  ttl: (draft, option) => {
    if (draft.once(option)) draft.rule.ttl = numberTest(option, 255, draft.report);
  },
  threshold: readThreshold,
  detection_filter: readThreshold,
};

function readThreshold(draft: Draft, option: RuleOption): void {
  const value = valueOf(option, draft.report);
  if (value === null) return;
  const isFilter = option.name.text === 'detection_filter';
  if (draft.rule.threshold !== null) draft.report('a rule has one threshold or detection_filter', option.name.at);
  const said = new Map(value.text.split(',').map((part) => part.trim().split(/\s+/) as [string, string]));
  const type = isFilter ? 'detection' : THRESHOLD_TYPES.find((each) => each === said.get('type'));
  const track = TRACKS.find((each) => each === said.get('track'));
  const count = Number(said.get('count'));
  const seconds = Number(said.get('seconds'));
  const areWhole = Number.isInteger(count) && Number.isInteger(seconds) && count >= 1 && seconds >= 1 && count <= MAX_U32 && seconds <= MAX_U32;
  const expected = isFilter ? 3 : 4;
  if (type === undefined || track === undefined || !areWhole || said.size !== expected) {
    const form = `${isFilter ? '' : `type ${THRESHOLD_TYPES.join('|')}, `}track ${TRACKS.join('|')}, count N, seconds N`;
    draft.report(`'${option.name.text}' expects ${form}, found '${value.text.slice(0, 80)}'`, value.at);
    return;
  }
  draft.rule.threshold = { type, track, count, seconds } satisfies Threshold;
}

const STICKY: Record<string, Keyword> = {};
const MOVES: Record<string, Keyword> = {};
for (const { name, modifier } of BUFFERS) {
  STICKY[name === 'payload' ? 'pkt_data' : name] = (draft, option) => {
    noValue(option, draft.report);
    draft.buffer = name;
  };
  if (modifier !== null) {
    MOVES[modifier] = (draft, option) => {
      noValue(option, draft.report);
      draft.move(option.name, name);
    };
  }
}
for (const [alias, name] of Object.entries(BUFFER_ALIASES)) STICKY[alias] = STICKY[name];
// No sticky buffer but a question: the buffer has the version's name, and it has to be the one that stands here.
STICKY['tls.version'] = (draft, option) => {
  const value = valueOf(option, draft.report);
  if (value === null) return;
  if (!/^(1\.[0-3]|0x[0-9a-f]{4})$/i.test(value.text)) {
    draft.report(`'tls.version' expects 1.0, 1.1, 1.2, 1.3 or four hexadecimal digits behind 0x, found '${value.text.slice(0, 40)}'`, value.at);
    return;
  }
  const before = draft.buffer;
  draft.buffer = 'tls.version';
  const bytes = Uint8Array.from(value.text.toLowerCase(), (character) => character.charCodeAt(0));
  draft.add({ kind: 'content', bytes, negated: false, nocase: false, offset: 0, depth: bytes.length, distance: null, within: null, endsWith: true, fastPattern: false });
  draft.buffer = before;
};

export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map(
  Object.entries({ ...DESCRIPTIONS, ...CONTENTS, ...MODIFIERS, ...CONDITIONS, ...STICKY, ...MOVES }),
);
