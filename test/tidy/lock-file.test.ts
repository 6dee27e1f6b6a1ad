/** `npm ci` refuses a lock file that leaves out what its packages name, such as a binary for another system. */
import { expect, it } from 'vitest';
import { read } from './source-files.js';

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };

/** Whether Node, starting in the package at `path`, would find `name`. */
function isFound(path: string, name: string): boolean {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true;
  return path !== '' && isFound(path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name);
}

it('package-lock.json has everything that it names', () => {
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isFound(path, name)).map((name) => `${path} needs ${name}`));
  expect(missing).toEqual([]);
});
