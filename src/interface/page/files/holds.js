// Holds: a place that is set aside for some seconds, and how many are left.

import { get, now } from "./api.js";
import { element } from "./dom.js";
import { path } from "./paths.js";
import * as times from "./times.js";

// Seconds at which screen readers say it: a voice that counts every second says nothing else.
const SAID_AT = [60, 30, 10];
const [SOON, LATER] = [300, 2000]; // milliseconds until the service is asked again
const UNANSWERED = 1000; // milliseconds after which one hears that there is no answer yet
const UNKNOWN = "It is not known whether this is still set aside for you. Asking again …";

/**
 * A countdown of a booking that is held; `over(booking)` is called once, when the service says that it is held no
 * longer: it may have run out, or be decided. The element says it; stops with the signal.
 */
export function countdown(booking, { signal, over }) {
  const [ends, starts] = [Date.parse(booking.expires_at), Date.parse(booking.created_at)];
  const figures = element("span", { class: "figures", "aria-hidden": "true" });
  const said = element("span", { class: "unseen", role: "status" });
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  const line = element("p", {}, "Set aside for you for ", figures);
  const shown = element("div", { class: "countdown" }, line, said, bar);
  let last = null;
  const timer = setInterval(tick, 200);
  signal?.addEventListener("abort", () => clearInterval(timer), { once: true });
  tick();
  return shown;

  function tick() {
    const left = Math.max(0, Math.ceil((ends - now()) / 1000));
    bar.style.setProperty("--left", String(Math.max(0, Math.min(1, (ends - now()) / (ends - starts)))));
    if (left === last) return;
    const minutes = Math.floor(left / 60);
    figures.textContent = left >= 60 ? `${minutes}:${String(left % 60).padStart(2, "0")} min` : `${left} s`;
    if (minutes >= 60) figures.textContent = times.length(minutes);
    shown.classList.toggle("soon", left <= 10);
    // In a tab that nobody looks at, browsers count more slowly than by seconds: none of them is passed over.
    const isSaid = last === null || SAID_AT.some((at) => left <= at && at < last);
    last = left;
    if (left > 0 && isSaid) {
      said.textContent = `Set aside for you for ${left < 120 ? `${left} seconds` : times.length(minutes)}.`;
    }
    if (left > 0) return;
    clearInterval(timer);
    ask();
  }

  // Our clock is not the service's: what counts is what it says.
  async function ask() {
    let wait = SOON;
    const silent = setTimeout(unknown, UNANSWERED);
    try {
      const { data } = await get(path`/v1/bookings/${booking.id}`, { signal });
      if (signal?.aborted) return;
      if (data.status !== "held") return void over(data);
    } catch {
      if (signal?.aborted) return;
      wait = LATER;
      unknown();
    } finally {
      clearTimeout(silent);
    }
    setTimeout(() => signal?.aborted || ask(), wait);
  }

  // While the service is away, neither the eye nor the ear is left with what was true before.
  function unknown() {
    if (signal?.aborted || said.textContent === UNKNOWN) return;
    said.textContent = UNKNOWN;
    line.replaceChildren(UNKNOWN);
    line.setAttribute("aria-hidden", "true"); // it is read out already
    bar.remove();
  }
}
