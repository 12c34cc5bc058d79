import { claims } from "./kit/claims.mjs";

claims("express", { seconds: [1, 15], field: true });
