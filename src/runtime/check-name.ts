/** Names of captures, ports, chains and uses: they appear in reports, on the command line and in drawings. */
import { describe, type Findings, type Site } from './place.js';
import { NAME, NAME_EXPECTED } from './schema.js';

/** @param what the name is of, such as 'a port'. */
export function checkName(findings: Findings, name: string, site: Site, what: string): void {
  if (NAME.test(name)) return;
  findings.add('bad-name', site, {
    on: 'key',
    found: describe(name),
    expected: NAME_EXPECTED,
    message: `${describe(name)} cannot name ${what}`,
  });
}
