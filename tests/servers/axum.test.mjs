import { claims } from "./kit/claims.mjs";

claims("axum", { seconds: [1, 2], field: true });
