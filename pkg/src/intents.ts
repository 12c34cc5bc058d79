// One intent, one key (draft-ietf-httpapi-idempotency-key-header-07): the same over retries, clicks and reloads, until the
// intent has an answer. Storage speaks to a page that is new; what this page asked and got no answer to, it asks again
// with the same key, whatever another tab was told meanwhile.
import { collect } from "./bodies";
import { today } from "./clock";
import { instance, storageOf } from "./options";
import type { Call, Room } from "./room";

const enum Most {
  /** Lines of a shelf, the newest. */
  Stored = 32,
  /** The same in memory, answered ones too. */
  Known = 256,
  /** Milliseconds that a key is used: servers forget theirs after a day. */
  Age = 86_400_000,
  /** Milliseconds that an answer's body is watched. */
  Read = 10_000,
}

/** Something that a human wants done once. */
export interface Intent {
  readonly key: string;
  /** Epoch milliseconds of its first call. */
  readonly at: number;
  /** Calls whose headers are not there. */
  asks: number;
  /** Calls that have an answer. */
  done: number;
  /** Keeps it in storage, or strikes it off. */
  readonly store: (open: boolean) => void;
}

/**
 * A UUID of version 4 (RFC 9562) with 116 bits from crypto. It begins with a letter, so that a parser of structured
 * fields (RFC 9651) takes it too, as a Token. Pages without a secure context lack `randomUUID`.
 */
export const newKey = (): string => {
  let at = 0;
  const random = crypto.getRandomValues(new Uint8Array(29));
  return "a0000000-0000-4000-8000-000000000000".replace(/0/g, () => (random[at++]! & 15).toString(16));
};

/** Two multiplicative hashes of 32 bits. They tell texts apart and keep no secret from who can guess and try. */
const digest = (text: string): string => {
  let a = text.length;
  let b = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677) ^ (a >>> 15);
  }
  return a + "." + b;
};

const SHELF = "intents";

const young = (at: number): boolean => Math.abs(today() - at) < Most.Age;

/**
 * Shows `change` what stands on a shelf (lines of a salted mark, a word and a time each; the newest first) and stores what
 * it answers. A storage that is denied, full or broken holds nothing, nor does one that is damaged or another version's.
 */
export const shelve = (room: Room, shelf: string, mark: string, change: (lines: string[], place: string) => string[]): void => {
  try {
    const storage = storageOf(room.options);
    if (!storage) return;
    shelf = `${instance(room.options)}:${shelf}`;
    const before = storage.getItem(shelf) ?? "";
    const sign = (lines: string[]): string => [digest(`1${lines}`), ...lines].join("\n");
    let [, ...lines] = before.split("\n");
    if (before !== sign(lines)) lines = [newKey()];
    const salt = lines.shift()!;
    lines = change(lines.filter((line) => young(+line.split(" ")[2]!)), `${digest(salt + mark)} `).slice(0, Most.Stored);
    const after = lines[0] ? sign([salt, ...lines]) : "";
    if (after === before) return;
    if (after) storage.setItem(shelf, after);
    else storage.removeItem(shelf);
  } catch {
    // It lives in memory then.
  }
};

/** The intent behind a request: the one under way, the one that storage remembers, or a new one. */
export const intentOf = (room: Room, asked: string): Intent => {
  const { intents } = room;
  const mark = digest(asked);
  const last = intents.get(mark);
  if (last && (last.asks || !last.done) && young(last.at)) return last;
  let key = "";
  let at = today();
  shelve(room, SHELF, mark, (lines, place) => {
    // Of the last one an answer's body may be on its way; the next click is another intent all the same.
    const found = lines.find((line) => line.startsWith(place) && line.split(" ")[1] !== last?.key);
    if (found) (key = found.split(" ")[1]!), (at = +found.split(" ")[2]!);
    return lines;
  });
  key ||= newKey();
  const intent: Intent = {
    key,
    at,
    asks: 0,
    done: 0,
    store: (open) =>
      shelve(room, SHELF, mark, (lines, place) => {
        const line = `${place}${key} ${at}`;
        const others = lines.filter((each) => each !== line);
        if (open && intents.get(mark) === intent) others.unshift(line);
        return others;
      }),
  };
  intents.delete(mark);
  intents.set(mark, intent);
  if (intents.size > Most.Known) intents.delete(intents.keys().next().value!);
  return intent;
};

/** Forgets all intents, stored ones too. */
export const forgetIntents = (room: Room): void => {
  room.intents.clear();
  shelve(room, SHELF, "", () => []);
};

/** One more call asks for it. */
export const ask = (intent: Intent): void => {
  intent.asks++;
  intent.store(true);
};

/** A call has come back; a whole answer ends the intent: any but a refusal and an in-between. */
export const settle = async (intent: Intent, answer?: any): Promise<void> => {
  intent.asks--;
  const { status } = answer ?? {};
  if (status < 500 && ![408, 409, 425, 429].includes(status)) {
    intent.done++;
    try {
      // The page cannot use half an answer: its human will click again.
      if (answer.body && (await collect(answer.clone().body, Most.Read)) === null) intent.done--;
    } catch {
      // A stand-in for a Response that cannot be copied.
    }
  }
  if (!intent.asks) intent.store(!intent.done);
};

/** Sends a request for its intent. */
export const pursue = (room: Room, call: Call, intent: Intent, go: (room: Room, call: Call) => Promise<any>): Promise<any> => {
  ask(intent);
  const answer = go(room, call);
  void answer.then((response) => settle(intent, response), () => settle(intent));
  return answer;
};
