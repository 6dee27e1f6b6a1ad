/** What must not stand in any file of the repository. */
import { describe, expect, it } from 'vitest';
import { read, repositoryFiles } from './source-files.js';

/** Not text, or named here because they are banned. */
const SKIPPED = /\.(pcapng|pcap|gz|png)$|^test\/tidy\//;

const BANNED: readonly { what: string; pattern: RegExp }[] = [
  { what: 'a path of somebody’s machine', pattern: /(?<![\w.~-])\/(work|root|home|Users)\/[\w.-]/ },
  { what: 'something to be done later', pattern: /\b(TODO|FIXME|XXX)\b/ },
  { what: 'a registry of one machine', pattern: /"resolved": "http|registry\.(npmjs|yarnpkg)\.|^\s*(@\w+:)?registry\s*=/m },
];

describe.each(BANNED)('$what', ({ pattern }) => {
  it('stands nowhere', () => {
    const files = repositoryFiles().filter((path) => !SKIPPED.test(path));
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((path) => read(path).split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])));
    expect(found).toEqual([]);
  });
});
