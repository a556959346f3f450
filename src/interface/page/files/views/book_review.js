// The third step: all of it once more, while the time is set aside.

import { Unreachable, get, newKey, now, post } from "../api.js";
import { element } from "../dom.js";
import { countdown } from "../holds.js";
import { follow } from "../live.js";
import { path } from "../paths.js";
import { refusal, showRefusal } from "../refusals.js";
import { go } from "../router.js";
import { hold, holds, keepNothing, promise, release, settled, typed } from "./book_hold.js";
import { summary } from "./book_summary.js";
import { tooLate, watchTime } from "./book_watch.js";

const ENDED = {
  cancelled: "This time was given back",
  expired: "Your time to confirm has run out",
};

export async function review(place, { wish, signal }) {
  const { places, customer, date } = wish;
  const key = newKey();
  const { data: held, position } = await get(path`/v1/bookings/${wish.booking}`, { signal });
  if (signal.aborted) return;
  const [leg] = held.legs;
  const address = (said) => wish.address({ start: leg.start, end: leg.end, date, customer, ...said });
  const decided = () => {
    settled(held.id);
    return go(address({ step: "done", booking: held.id }), { replace: true });
  };
  if (held.status !== "held" && !(held.status in ENDED)) return decided();

  const says = places.some(({ policy }) => policy.approval) ? "Send to the desk" : "Confirm booking";
  const heading = element("h2", { tabindex: "-1" }, "Is this right?");
  const trouble = element("div", {});
  const clock = element("div", {});
  const confirm = element("button", { type: "button", class: "main", onclick: confirmIt }, says);
  const change = element("a", { class: "button", href: address({ step: "details" }) }, "Change details");
  const actions = element("p", { class: "actions" }, confirm, change);
  let isHeld = held.status === "held";
  let isSending = false;
  const chosen = wish.any && element("p", { class: "chosen" }, `Chosen for you: ${wish.resource.name}.`);
  place.append(heading, chosen || "", clock, trouble, summary(held, places, typed()), actions);
  heading.focus();
  if (!isHeld) return over(held.status);
  holds(held);
  clock.append(countdown(held, { signal, over: turned }));
  // Who goes elsewhere does not keep it from others; a reload, which is none, does keep it.
  signal.addEventListener("abort", () => isHeld && release());
  const look = async () => turned((await get(path`/v1/bookings/${held.id}`, { signal })).data);
  watch();

  async function confirmIt() {
    isSending = true;
    confirm.disabled = true;
    confirm.textContent = "Booking …";
    const details = typed();
    promise();
    try {
      await post(path`/v1/bookings/${held.id}/confirm`, details ? { details } : {}, { key });
      isHeld = false;
      if (signal.aborted) settled(held.id);
      else decided();
    } catch (error) {
      isSending = false;
      if (error.status < 500) holds(held); // a no is a no; without an answer it may have been a yes
      if (signal.aborted) return void release();
      if (error.code === "hold-expired") return over("expired");
      confirm.disabled = false;
      confirm.textContent = "Try again";
      if (error instanceof Unreachable) away();
      else showRefusal(trouble, refusal(error, { zone: leg.timezone }));
      look().catch(() => {}); // it may have arrived, and what was told while it was sent was not heard
    }
  }

  // With the same key it happens once, also where it had arrived.
  function away() {
    const facts = { title: "The service cannot be reached" };
    const message = "It is not known whether this is booked. As soon as it can be reached, it is sent again by itself.";
    showRefusal(trouble, refusal({ message, facts }));
    const back = () => {
      if (!isHeld || isSending || signal.aborted || now() >= Date.parse(held.expires_at)) return;
      const said = "The service can be reached again. Booking …";
      trouble.replaceChildren(element("p", { class: "notice", role: "status" }, said));
      confirmIt();
    };
    document.addEventListener("daybook:reached", back, { once: true, signal });
  }

  // It may be confirmed or given back elsewhere: in another window, or by the desk.
  function watch() {
    const booking = (told) => told.id === held.id && turned(told);
    const ids = places.map(({ id }) => id);
    const stop = follow(ids, { after: position, booking, reset: look });
    signal.addEventListener("abort", stop);
  }

  function turned({ status }) {
    if (!isHeld || isSending || signal.aborted || status === "held") return;
    if (status in ENDED) return over(status);
    isHeld = false;
    decided();
  }

  function over(status) {
    if (signal.aborted) return;
    isHeld = false;
    clock.replaceChildren();
    confirm.hidden = true;
    keepNothing();
    const again = element("button", { type: "button", class: "main", onclick: () => take(leg) }, "Set it aside again");
    const said = "Nothing is booked, and the time may be somebody else's now. What you typed is still here.";
    const made = element(
      "section",
      { class: "refusal", tabindex: "-1", role: "alert" },
      element("h2", {}, ENDED[status]),
      element("p", {}, said),
      element("p", { class: "actions" }, again),
    );
    showRefusal(trouble, made);

    let watching = null;

    async function take(each) {
      const { start, end } = each;
      const wanted = wish.at?.(each) ?? { ...wish, start, end };
      watching?.abort();
      again.disabled = true;
      again.textContent = "Setting the time aside …";
      try {
        const next = await hold(wanted, signal);
        const listed = start === leg.start ? date : undefined;
        const said = { start, end, date: listed, customer, step: "review", booking: next.id };
        if (!signal.aborted) go(wanted.address(said), { replace: true });
      } catch (error) {
        if (signal.aborted) return;
        const isLate = error.code === "not-available";
        const about = { wish: wanted, book: () => take(each), signal, offer: take };
        const late = isLate && (wish.late ?? tooLate);
        const made = late ? await late(error, about) : refusal(error, { zone: leg.timezone, offer: take });
        showRefusal(trouble, made);
        if (isLate && !wish.late) watchFor({ start, end });
      }
    }

    // Who was faster may have let it run out as well.
    function watchFor({ start, end }) {
      watching = new AbortController();
      const until = AbortSignal.any([signal, watching.signal]);
      const wanted = { ...wish, start, end, date: start === leg.start ? date : undefined };
      const how = { wish: wanted, another: address({}), signal: until, isBusy: () => false, take, isGone: true };
      watchTime(trouble, how);
    }
  }
}
