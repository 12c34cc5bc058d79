// The few lines of DOM that every panel needs.

/** The element with this id; the page's own HTML promises that it is there and of this kind. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as unknown as E;
}

type Attributes = Record<string, string | boolean | (() => void)>;

/** Makes an element. Text becomes text, never markup; `on...` attributes are listeners; false attributes are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Sets a text only when it differs, so that live regions speak once. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const ticking = new Set<() => void>();
setInterval(() => ticking.forEach((tick) => tick()), 500);

/** Calls `tick` now and twice a second, for countdowns. Returns the way to stop it. */
export function everyTick(tick: () => void): () => void {
  ticking.add(tick);
  tick();
  return () => ticking.delete(tick);
}
