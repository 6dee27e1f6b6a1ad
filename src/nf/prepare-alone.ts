/** The options of a network function that runs alone, checked and prepared as the runtime would. */
import type { NetworkFunctionUse, OptionProblem } from './contract.js';
import { loadDefinition, schemaOf } from './define.js';

const PORT_NAMES = ['inside', 'outside'] as const;

/** Options as the runtime would hand them to `create`, and what is wrong with them. */
export async function prepareAlone(use: NetworkFunctionUse, raw: unknown): Promise<{ options: unknown; problems: OptionProblem[] }> {
  const definition = await loadDefinition(use.module, use.function);
  const result = await (await schemaOf(definition))['~standard'].validate(raw);
  if (result.issues !== undefined) {
    const problems = result.issues.map(({ message, path }) => ({
      message,
      path: (path ?? []).map((part) => (typeof part === 'object' ? part.key : part)).map((part) => (typeof part === 'symbol' ? String(part) : part)),
    }));
    return { options: undefined, problems };
  }
  const problems: OptionProblem[] = [];
  const options = definition.prepare === undefined
    ? result.value
    : await definition.prepare(result.value, { ports: PORT_NAMES, resolve: (path) => path, problem: (problem) => problems.push(problem) });
  // The options reach a VM by structured clone: what does not survive it must not work here either.
  return { options: problems.length > 0 ? undefined : structuredClone(options), problems };
}
