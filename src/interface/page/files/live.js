// What changes, as it changes: the service's live stream, and asking now and then where it has none.
//
// It is read with `fetch` and not with `EventSource`, whose rules for coming back it follows (`id`, `retry`,
// `Last-Event-ID`): so it can tell a refusal from a lost connection, and notice a connection that has gone silent.

import { asWhom } from "./session.js";

const SILENCE = 40_000; // a comment comes every 15 seconds
const UNSEEN = 30_000; // browsers have few connections for all tabs of a page: one that nobody looks at gives its back
const ASKING = 4_000;
const SETTLED = 10_000;
const PATIENCE = [500, 1000, 2000, 4000, 8000];
const NOT_THERE = [404, 405, 501];

/**
 * Follow what happens on resources (ids, at most 50). Called with what came: `day({resource, date, version, slots})`,
 * `resource({resource, version, retired})` (also of one that is not there, or no longer for us: `version` is null),
 * `booking(booking)`; `reset()` when all must be loaded afresh, in place; `state("live" | "lost")` whenever that
 * changes. `after`: the position of the `get` that loaded what is shown, so that nothing is missed between the two;
 * without it, what happens before the stream begins is. Answers `stop()`.
 */
export function follow(resources, { day, resource, booking, reset, state, after = null }) {
  const hears = { day, resource, booking, reset };
  let followed = resources.slice(0, 50);
  const stopping = new AbortController();
  let mark = after;
  let told = null;
  let back = 2000;
  let failures = 0;
  let since = Infinity; // when the last connection was made
  let opened = null; // the connection there is
  let wake = () => {};

  const tell = (now) => {
    if (now === told || stopping.signal.aborted) return;
    told = now;
    state?.(now);
  };

  async function run() {
    while (!stopping.signal.aborted) {
      since = Infinity;
      const isThere = await once().catch(() => undefined);
      if (stopping.signal.aborted) return;
      if (isThere === false) return ask();
      // One that breaks at once, time and again, is not taken up as soon as one that lasted.
      if (isThere || performance.now() - since > SETTLED) failures = 0;
      if (isThere === undefined) failures += 1;
      if (failures > 1) tell("lost");
      const wait = failures ? PATIENCE[Math.min(failures, PATIENCE.length) - 1] : back;
      await pause(document.hidden ? UNSEEN * 1000 : wait);
    }
  }

  // One connection, until it ends. true: it ended as it should; false: there is no such stream.
  async function once() {
    const connection = new AbortController();
    const { signal } = connection;
    const silent = watchdog(() => connection.abort());
    opened = connection;
    try {
      const answer = await fetch(`/v1/live?${wanted()}`, {
        signal,
        headers: { Accept: "text/event-stream", ...asWhom },
        redirect: "error",
      });
      if (answer.status === 404 && (await isWithout(answer))) return true;
      if (NOT_THERE.includes(answer.status) && !answer.headers.get("Content-Type")?.includes("event-stream")) {
        return false;
      }
      if (answer.status === 401) {
        const { reason, detail } = await answer.json().catch(() => ({}));
        document.dispatchEvent(new CustomEvent("daybook:signed-out", { detail: reason ? detail : null }));
      }
      if (!answer.ok) throw new Error(String(answer.status));
      since = performance.now();
      tell("live");
      document.dispatchEvent(new CustomEvent("daybook:reached"));
      for await (const frame of frames(answer.body, silent.again)) await hear(frame);
      return true;
    } finally {
      silent.end();
      connection.abort(); // also one whose events could not be taken in
    }
  }

  function wanted() {
    const asked = new URLSearchParams(followed.map((id) => ["resource", id]));
    if (booking) asked.set("bookings", "true");
    if (mark) asked.set("after", mark);
    return asked;
  }

  // One of them is there no longer, or not for us: whoever follows is told, and the others are followed on.
  async function isWithout(answer) {
    const { code, resource: named } = await answer.json().catch(() => ({}));
    if (code !== "unknown-resource") return false;
    const gone = followed.length === 1 ? followed[0] : named;
    if (!followed.includes(gone)) return false;
    followed = followed.filter((id) => id !== gone);
    if (!followed.length) stopping.abort();
    await resource?.({ resource: gone, version: null, retired: true });
    return true;
  }

  // What cannot be taken in ends the connection, and is told again by the next one.
  async function hear({ event, data, id, retry }) {
    if (retry) back = Number(retry) || back;
    if (data !== null && !stopping.signal.aborted) await hears[event]?.(JSON.parse(data));
    if (id !== undefined) mark = id; // after it has been heard: what goes wrong before comes again
  }

  // No stream here: whoever follows looks again, now and then.
  async function ask() {
    while (!stopping.signal.aborted) {
      await pause(document.hidden ? UNSEEN * 1000 : ASKING);
      if (stopping.signal.aborted) return;
      try {
        await hears.reset?.();
        tell("live");
      } catch {
        tell("lost");
      }
    }
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  let leaving;
  const seen = () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => opened?.abort(), UNSEEN);
    else wake();
  };
  const online = () => wake();
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("online", online);
  run();
  return () => {
    stopping.abort();
    opened?.abort();
    clearTimeout(leaving);
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("online", online);
    wake();
  };
}

function watchdog(bark) {
  let timer = setTimeout(bark, SILENCE);
  return {
    again() {
      clearTimeout(timer);
      timer = setTimeout(bark, SILENCE);
    },
    end: () => clearTimeout(timer),
  };
}

// The frames of a body, one by one, as WHATWG HTML has server-sent events: `{event, data, id, retry}`, texts; `data` is
// null in a frame without any. Calls `arrived()` whenever anything comes, be it a comment.
async function* frames(body, arrived) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    arrived();
    const whole = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
    rest = whole.pop();
    yield* whole.map(frameOf);
  }
}

function frameOf(text) {
  const frame = { event: "message", data: null };
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "data") frame.data = frame.data === null ? value : `${frame.data}\n${value}`;
    else if (name) frame[name] = value;
  }
  return frame;
}

/** A word that says whether one sees what is, and `state` for `follow`. */
export function lamp(element) {
  element.className = "lamp";
  element.setAttribute("role", "status");
  return (state) => {
    element.dataset.state = state;
    element.textContent = state === "live" ? "Live" : "Connection lost, trying again …";
  };
}
