// The default entry: the core travels inside the bundle and is compiled synchronously on first use.
import { text } from "#inline";
import { decode } from "../decode";

/** The core, or an exception where compiling is forbidden or the bytes are damaged. */
export const module = (): WebAssembly.Module | null => new WebAssembly.Module(decode(text));
