// What the pages of all three frameworks are made of: the same shop, so that one list of claims holds for each.
// An application answers `start(element, tide)` → `{ stop, update }` and `hydrate` alike; what it renders:
//   #state      the pressure's state               #commits   how often #state's component was rendered for good
//   #reviews    there while the feature is on      #save      a button: its action's state is its text
//   #type       a button that calls a debounced function with its count; what it called stands in `calls`

/** Arguments of the debounced function's calls, with the version of the component that served them. */
export const calls = [];

/** What `save` sends; tests answer it at the server. */
export const send = (tide, signal) => tide.fetch("/api/save", { method: "POST", signal, tidegate: { idempotent: true } });

/** Milliseconds of the debounced function. */
export const WAIT = 400;
