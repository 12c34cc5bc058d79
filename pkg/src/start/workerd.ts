// Runtimes that forbid compiling bytes hand over a compiled module for a static import.
// @ts-expect-error: no declaration says what a .wasm file is; the runtime does
import compiled from "./tidegate.wasm";

/** The module that the runtime compiled at deployment. */
export const module = (): WebAssembly.Module | null => compiled;
