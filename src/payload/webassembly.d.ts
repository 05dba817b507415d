/** What is used of WebAssembly, which the types of Node.js leave to those of the browser. */
declare namespace WebAssembly {
  type Module = object;
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Module: new (bytes: Uint8Array) => Module;
  const Instance: new (module: Module) => { readonly exports: unknown };
  function validate(bytes: Uint8Array): boolean;
}
