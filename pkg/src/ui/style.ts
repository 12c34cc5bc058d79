// How the elements look: inside the shadow, without an inline style, so that any Content Security Policy will do.

/** Colours of the mark beside the words, which say the same: a custom property each, `--tide-STATE`. */
const MARKS = { nominal: "#2a8050", fair: "#a87900", serious: "#cf5b00", critical: "#c62430" };

const CSS = `:host{display:inline-block;position:relative}:host([hidden]){display:none}
[part=mark]{display:inline-block;inline-size:.65em;block-size:.65em;margin-inline-end:.45em;border-radius:50%;forced-color-adjust:none}
[part=time]{font-variant-numeric:tabular-nums}
.ear{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
${Object.entries(MARKS).map(([state, colour]) => `:host([state=${state}]) [part=mark]{background:var(--tide-${state},${colour})}`).join("")}`;

let sheet: CSSStyleSheet | undefined;

/** Dresses a shadow root. `nonce`: for browsers without constructable style sheets. */
export const dress = (root: ShadowRoot, nonce?: string): void => {
  try {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    if (nonce) style.nonce = nonce;
    style.textContent = CSS;
    root.append(style);
  }
};
