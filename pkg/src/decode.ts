// The other half of xtask/src/inline.rs, which describes the code.

/** The bytes that `text` stands for. Text that was not made by the encoder gives other bytes, never an exception. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const table: number[] = [];
  for (const wanted of [1, 0]) {
    for (let byte = 0; byte < 256; byte++) {
      if (((parseInt(text[byte >> 2] as string, 16) >> (byte & 3)) & 1) === wanted) table.push(byte);
    }
  }
  const place = new Uint8Array(128);
  for (let code = 32, next = 0; code < 127; code++) {
    if (!"\"$'<\\`".includes(String.fromCharCode(code))) place[code] = next++;
  }
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 64; at < text.length; ) {
    let index = place[text.charCodeAt(at++)] as number;
    if (index > 86) index = (index - 87) * 89 + 87 + (place[text.charCodeAt(at++)] as number);
    bytes[length++] = table[index] as number;
  }
  return bytes.subarray(0, length);
}
