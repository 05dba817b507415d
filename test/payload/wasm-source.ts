import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The text of src/payload/wasm-module.ts: what the AssemblyScript in src/payload/wasm compiles to. */
export function wasmModuleText(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-wasm-'));
  try {
    const outFile = path.join(folder, 'hasher.wasm');
    const compiler = 'node_modules/assemblyscript/bin/asc.js';
    execFileSync(process.execPath, [compiler, '--config', 'src/payload/wasm/asconfig.json', '--outFile', outFile]);
    return `/** Made by \`npm run wasm\` from src/payload/wasm. */\nexport const WASM_MODULE =\n  '${readFileSync(outFile, 'base64')}';\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
