// What debounce costs beside lodash's: a call while another is pending, which is what typing and scrolling consist of;
// and a wait that begins and is cancelled while very many others wait.
import { debounce, throttle } from "lodash-es";

const LONG = 1e8;

/** Calls again what is pending. */
const pending = (make, options) => {
  const call = make(() => {}, LONG, options);
  call(0);
  call(0);
  return (count) => {
    for (let i = 0; i < count; i++) call(i);
  };
};

/** Begins and cancels waits while so many others wait. Theirs are longer and shorter. */
const among = (make, others) => {
  for (let n = 0; n < others; n++) make(() => {}, LONG + ((n * 7919) % others))();
  const some = Array.from({ length: 64 }, (_, n) => make(() => {}, LONG + ((n * 7919) % others)));
  return (count) => {
    for (let i = 0; i < count; i++) {
      const call = some[i & 63];
      call();
      call.cancel();
    }
  };
};

const INPUTS = {
  "debounce while pending": (tide) => [
    ["lodash-es", pending(debounce)],
    ["tidegate", pending(tide.debounce)],
  ],
  "debounce with maxWait while pending": (tide) => [
    ["lodash-es", pending(debounce, { maxWait: LONG })],
    ["tidegate", pending(tide.debounce, { maxWait: LONG })],
  ],
  "throttle while pending": (tide) => [
    ["lodash-es", pending(throttle)],
    ["tidegate", pending(tide.throttle)],
  ],
  "debounce among many": (tide) => [
    ["100 wait", among(tide.debounce, 100)],
    ["100 000 wait", among(tide.debounce, 100_000)],
  ],
};

/** What waits here still waits when all is measured: it ends with the process or the page. */
export const input = ({ createTidegate }, name) => INPUTS[name](createTidegate());
