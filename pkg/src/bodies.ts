// What a body says: read from a clone, a bounded part of it for a bounded time; of refusals, and of the few kinds of
// success that carry hints. The caller's own stream stays the platform's.
import { timer as later } from "./clock";
import type { Call } from "./room";

const enum Most {
  /** Bytes; a longer body is not read. */
  Bytes = 65536,
  /** Milliseconds that a refusal is kept from its caller; a refusal's body most often comes with its headers. */
  Kept = 500,
  /** Milliseconds that a success's copy is read; nobody waits for it. */
  Read = 10_000,
}

/** Media types that hints stand in. */
const KINDS = /json|xml|^application\/grpc-web|^text\/event-stream/i;
/** Kinds of success that may be a refusal all the same, and where plain JSON is one of them. */
const ENVELOPES = /^application\/(grpc-web|graphql-response)/i;
const GRAPHQL = /\/graphql([/?]|$)/i;

/** The bytes of a stream; undefined: they are more than `bytes`, or take longer than `most` milliseconds; null: it broke off. */
export const collect = async (stream: ReadableStream<Uint8Array>, most: number, bytes: number = Most.Bytes): Promise<Uint8Array<ArrayBuffer> | undefined | null> => {
  let timer;
  let cut = false;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = stream.getReader();
    const end = () => {
      cut = true;
      reader.cancel().catch(() => {});
    };
    timer = later(end, most);
    for (let part; !(part = await reader.read()).done; ) {
      parts.push(part.value);
      if ((size += part.value.length) > bytes) end();
    }
    if (cut) return;
    const all = new Uint8Array(size);
    size = 0;
    for (const part of parts) {
      all.set(part, size);
      size += part.length;
    }
    return all;
  } catch {
    return null;
  } finally {
    try {
      clearTimeout(timer);
    } catch {
      // It ends nothing any more.
    }
  }
};

/** The bytes of a body that may hold hints, when they are there; undefined: it is not one, and is not touched. */
export const peek = ({ hard, method, url }: Call, status: number, answer: Response): Promise<Uint8Array | undefined | null> | undefined => {
  const failed = status >= 400;
  // A success is most often data: nothing of it is looked at.
  if (hard || (!failed && method === "GET" && !GRAPHQL.test(url))) return;
  try {
    const { headers, body } = answer;
    const type = headers.get("content-type") ?? "";
    const length = headers.get("content-length");
    // A stream has no length, and a success that is one is never copied.
    const reads = failed ? KINDS.test(type) : length && (ENVELOPES.test(type) || (GRAPHQL.test(url) && /json/i.test(type)));
    if (!reads || +length! > Most.Bytes || !body || answer.bodyUsed) return;
    return collect(answer.clone().body!, failed ? Most.Kept : Most.Read);
  } catch {
    // A stand-in for a Response that has not all of its methods.
    return;
  }
};
