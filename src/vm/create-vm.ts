/** Makes a VM in the thread that will poll it. */
import type { SharedSpec } from '../memory/shared-spec.js';
import { loadDefinition } from '../nf/define.js';
import { allowTypeScript } from './typescript-loader.js';
import { markAsVmThread } from './vm-thread.js';
import type { VmSpec } from './vm-spec.js';
import { Vm } from './vm.js';

/** Imports the modules of its functions, and creates them. @param wallMs see `Vm.create`. @throws what they throw. */
export async function createVm(shared: SharedSpec, spec: VmSpec, wallMs: Float64Array): Promise<Vm> {
  markAsVmThread();
  const definitions = [];
  for (const { module, function: name } of spec.functions) {
    await allowTypeScript(module);
    definitions.push(await loadDefinition(module, name));
  }
  return Vm.create(shared, spec, definitions, wallMs);
}
