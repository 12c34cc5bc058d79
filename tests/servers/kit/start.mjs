// The snippets, started as they are: each is a process of its own on a free port of 127.0.0.1.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

// Node's runner ends a hung file so; the servers must not survive it.
process.once("SIGTERM", () => process.exit(1));

/** Starts a program and resolves with its origin as soon as `ready` fits what it has printed. */
async function start(program, args, { cwd, env = {}, ready = /http:\/\/127\.0\.0\.1:\d+/ } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((over) => child.on("close", over));
  process.on("exit", () => child.kill("SIGKILL"));
  let said = "";
  const origin = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = ready.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { origin, stop, said: () => said };
}

const node = (file) => ({ backend, patience }) =>
  start(process.execPath, [at(file)], { env: { BACKEND: backend, PORT: "0", PATIENCE_MS: `${patience}` } });

/** `cargo xtask test` names the program that it built. */
function axum({ backend, patience }) {
  const program = process.env.TIDEGATE_AXUM || at("../../target/debug/tidegate-advice-axum");
  return start(program, [], { env: { BACKEND: backend, PORT: "0", PATIENCE_MS: `${patience}` } });
}

/** Debian's Python: it has the packages, another one on the path may not. */
function fastapi({ backend, patience }) {
  const args = ["-B", "-m", "uvicorn", "server:app", "--host", "127.0.0.1", "--port", "0", "--no-access-log"];
  return start("/usr/bin/python3", args, { cwd: at("fastapi"), env: { BACKEND: backend, PATIENCE_MS: `${patience}` } });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Replaces what stands exactly once. */
const readdressed = (text, from, to) => {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${from} must stand once in the snippet`);
  return parts.join(to);
};

/** Without a privilege, all its files below one temporary folder. Only the two addresses of the snippet are changed. */
async function nginx({ backend }) {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-nginx-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const site = readdressed(readFileSync(at("nginx/site.conf"), "utf8"), "127.0.0.1:3000", new URL(backend).host);
  writeFileSync(join(folder, "site.conf"), readdressed(site, "127.0.0.1:8080", `127.0.0.1:${port}`));
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join(" ");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${join(folder, "pid")}; error_log stderr notice; events {}
    http { access_log off; ${temporary} include ${join(folder, "site.conf")}; }`,
  );
  mkdirSync(join(folder, "logs"));
  const program = [process.env.TIDEGATE_NGINX, "/usr/sbin/nginx"].find((path) => path && existsSync(path)) ?? "nginx";
  const args = ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
  const server = await start(program, args, { ready: /start worker|using the "epoll"/ });
  return { ...server, origin: `http://127.0.0.1:${port}` };
}

/** By name: `({ backend, patience })` starts it. `patience`: ms that a request may wait for its turn. */
export const servers = { axum, express: node("express/server.mjs"), fastapi, fastify: node("fastify/server.mjs"), nginx };
