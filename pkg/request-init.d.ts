// `import type {} from "tidegate/request-init"` lets clients whose options are typed by the global RequestInit
// (ky, ofetch) carry the key `tidegate`.
import type { TidegateRequestOptions } from "./tidegate.js";

declare global {
  interface RequestInit {
    /** How tidegate should treat this request. Read by tidegate's `fetch`, unknown to the platform's. */
    tidegate?: TidegateRequestOptions | undefined;
  }
}
