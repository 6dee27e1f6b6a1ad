/** Lets a VM import a network function that is TypeScript. Runs in the VM's thread, before its function is loaded. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The loader that an application runs under (tsx, vitest) does not reach into its workers, at least on Node 20. So the VM
 * registers the `tsx` that is at hand where the module lies. Without one, Node strips the types, or says that it cannot.
 * @param module URL of the module that defines the function.
 */
export async function allowTypeScript(module: string): Promise<void> {
  if (!/\.[cm]?tsx?$/.test(module)) return;
  let api: string;
  try {
    // Its file for `require` stands beside the one for `import`, which alone finds what it needs.
    api = createRequire(module).resolve('tsx/esm/api').replace(/\.cjs$/, '.mjs');
  } catch {
    return;
  }
  const { register } = (await import(pathToFileURL(api).href)) as { register: () => void };
  register();
}
