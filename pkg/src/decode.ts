// The other half of xtask/src/inline.rs, which describes the code, and of xtask/src/inline/streams.rs, the parts.

/** For each operator up to 0x44 the part that its operand stands in; 8: it has none, 9: as many bytes as part 1 says. */
const KINDS = "886668888888555819888888888898882229999844444444444444444444444993399";

/** The bytes that `text` stands for. Throws when it is cut off. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const code = (at: number): number => text.charCodeAt(at);
  const kinds = [...KINDS].map(Number);
  const table: number[] = [];
  const inOrder = new Uint8Array(256);
  // From the end, so that byte 0 keeps its character, which fills in for bytes that have none.
  for (let byte = 256; byte--; ) table[code(byte)] = inOrder[byte] = byte;
  /** Where each part is read. */
  const places = [0];
  for (let at = 0; (at = text.indexOf("|", at) + 1); ) places.push(at);
  const ends = places.slice(1);
  const out = new Uint8Array(2 * text.length);
  let length = 0;

  const next = (part: number): number => {
    if (!(places[part]! < text.length)) throw Error("cut off");
    const sign = code(places[part]!++);
    return table[sign] ?? (242 * sign + code(places[part]!++)) & 255;
  };
  /** Copies a number and answers it. */
  const copy = (part: number): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = (out[length++] = next(part));
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const copyAll = (part: number): void => {
    while (places[part] !== ends[part]! - 1) out[length++] = next(part);
  };
  /** Puts before what stands from there on how long it is. */
  const measure = (from: number): void => {
    for (let value = length - from; ; value >>= 7) {
      out.copyWithin(from + 1, from, length++);
      out[from++] = value < 128 ? value : value | 128;
      if (value < 128) return;
    }
  };

  copyAll(8);
  const section = length;
  for (let functions = copy(7); functions--; ) {
    const body = length;
    const locals = inOrder.slice();
    for (let groups = copy(7); groups--; copy(7)) copy(7);
    for (let depth = 1; depth; ) {
      const op = (out[length++] = next(1));
      const kind = kinds[op] ?? (op < 197 ? 8 : 9);
      if (kind === 8) {
        if (op === 11) depth--;
      } else if (kind === 2) {
        const place = next(2);
        const local = (out[length++] = locals[place]!);
        locals.copyWithin(1, 0, place);
        locals[0] = local;
      } else if (kind === 9) {
        for (let more = next(1); more--; ) out[length++] = next(1);
      } else {
        if (kind === 6) depth++;
        // How a load is aligned is a hint: 0.
        if (kind === 4) length++;
        for (let more = op === 14 ? copy(5) : 0; more-- >= 0; ) copy(kind);
      }
    }
    measure(body);
  }
  measure(section);
  copyAll(9);
  return out.subarray(0, length);
}
