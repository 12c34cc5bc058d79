// The slim entry: the page brings the core, by `init(wasm)` or by the option `wasm`.

/** None: until one arrives, requests pass. */
export const module = (): WebAssembly.Module | null => null;
