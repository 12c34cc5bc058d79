import { claims } from "./kit/claims.mjs";

claims("fastify", { seconds: [1, 15] });
