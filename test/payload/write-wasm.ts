import { writeFileSync } from 'node:fs';
import { wasmModuleText } from './wasm-source.js';

writeFileSync('src/payload/wasm-module.ts', wasmModuleText());
