// Counts what really goes over the wire to a server: one fetch is not always one request.
import { once } from "node:events";
import { createServer, request } from "node:http";

/** A relay before `origin`. `hits`: `{ path, at, status, retryAfter, answeredAt }`, times on this process's monotonic clock. */
export async function relay(t, origin) {
  const hits = [];
  const waiting = new Set();
  const server = createServer((asked, answer) => {
    const hit = { path: asked.url, at: performance.now() };
    hits.push(hit);
    const onwards = request(`${origin}${asked.url}`, { method: asked.method, headers: asked.headers }, (came) => {
      const seconds = came.headers["retry-after"];
      Object.assign(hit, { status: came.statusCode, retryAfter: seconds && Number(seconds), answeredAt: performance.now() });
      answer.writeHead(came.statusCode, came.rawHeaders);
      came.pipe(answer);
      for (const look of [...waiting]) look();
    });
    onwards.on("error", () => answer.destroy());
    answer.on("close", () => onwards.destroy());
    asked.pipe(onwards);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    hits,
    /** Resolves with the first hit answered with this status, as soon as there is one. */
    answered: (status) => new Promise((resolve) => {
      const look = () => {
        const hit = hits.find((one) => one.status === status);
        if (hit) waiting.delete(look), resolve(hit);
      };
      waiting.add(look);
      look();
    }),
  };
}
