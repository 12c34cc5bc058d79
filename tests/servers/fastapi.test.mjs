import { claims } from "./kit/claims.mjs";

claims("fastapi", { seconds: [1, 15] });
