import type { NetworkFunctionFactory } from 'millrace';

export const trace: NetworkFunctionFactory<{ id: number }>;
export const touch: NetworkFunctionFactory<Record<string, never>>;
export const dropEvery: NetworkFunctionFactory<{ nth: number }>;
export const fail: NetworkFunctionFactory<{ at: number; how: 'throw' | 'exit' | 'loop' | 'memory' | 'strange' }>;
export const orderGuard: NetworkFunctionFactory<Record<string, never>>;
export const stamp: NetworkFunctionFactory<{ value: number; live?: boolean }>;
export const echoing: NetworkFunctionFactory<{ nth: number }>;
export const refuse: NetworkFunctionFactory<{ nth: number }>;
export const meter: NetworkFunctionFactory<Record<string, never>>;
export const brittle: NetworkFunctionFactory<{ value: number }>;
export const forgetful: NetworkFunctionFactory<{ at: number }>;
export const bursts: NetworkFunctionFactory<{ nth: number; leave?: number | undefined; failAt?: number | undefined }>;
export const hesitant: NetworkFunctionFactory<{ holdMs?: number; isSound?: boolean; isEndless?: boolean }>;
export const unmade: NetworkFunctionFactory<Record<string, never>>;
export const hang: NetworkFunctionFactory<{ from: string }>;
export const late: NetworkFunctionFactory<{ file: string; holdMs?: number }>;
