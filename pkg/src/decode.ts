// The other half of xtask/src/inline.rs, which describes the code.

/** The bytes that `text` stands for. Text that was not made by the encoder gives other bytes, never an exception. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const code = (at: number): number => text.charCodeAt(at);
  const table: number[] = [];
  // From the end, so that byte 0 keeps its character, which fills in for bytes that have none.
  for (let byte = 256; byte--; ) table[code(byte)] = byte;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 256; at < text.length; ) {
    const sign = code(at++);
    bytes[length++] = table[sign] ?? 242 * sign + code(at++);
  }
  return bytes.subarray(0, length);
}
