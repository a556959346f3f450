// Following one's bookings in a calendar of one's own: by an address that is made, made anew, and ended.

import { get, post, remove } from "./api.js";
import { say } from "./changing.js";
import { element } from "./dom.js";
import { refusal, showRefusal } from "./refusals.js";
import * as times from "./times.js";

const OWN = "/v1/customers/me/calendar";
const NONE = "You have no address yet.";
const since = (moment) => `You have an address since ${times.longDate(moment.slice(0, 10))}. It cannot be shown again.`;

/** What the box that was opened shows. */
export async function content(signal) {
  const { data } = await get(OWN, { signal });
  return following(data.made_at, signal);
}

function following(madeAt, signal) {
  const state = element("p", { role: "status" }, madeAt ? since(madeAt) : NONE);
  const address = element("input", { readonly: true, spellcheck: "false", onfocus: () => address.select() });
  const subscribe = element("a", { class: "button" }, "Open in calendar");
  const copy = element("button", { type: "button", onclick: () => copied() }, "Copy address");
  const field = element("label", { class: "field" }, element("span", {}, "Address for your calendar"), address);
  const shown = element("div", { hidden: true }, field, element("p", { class: "actions" }, copy, subscribe));
  const make = element("button", { type: "button", onclick: () => attempt(made) });
  const end = element("button", { type: "button", onclick: () => attempt(ended) }, "End it");
  const trouble = element("div", {});
  let isSending = false;
  offer(madeAt !== null);
  return [
    element("p", {}, "Google, Apple, Outlook and others show your bookings, and follow when they change."),
    element("p", { class: "soft" }, "Whoever has the address can see when, where and for how many you have booked."),
    state,
    shown,
    trouble,
    element("p", { class: "actions" }, make, end),
  ];

  function offer(isThere) {
    make.textContent = isThere ? "Make a new address" : "Make an address";
    end.hidden = !isThere;
  }

  // Each new address makes the one before worthless: who clicks twice means one, and sees the one that leads somewhere.
  async function attempt(change) {
    if (isSending) return;
    isSending = true;
    trouble.replaceChildren();
    try {
      await change();
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    } finally {
      isSending = false;
    }
  }

  async function made() {
    const { data } = await post(OWN, undefined, { signal });
    const { href } = new URL(data.address, location.href);
    address.value = href;
    subscribe.href = href.replace(/^https?:/, "webcal:");
    shown.hidden = false;
    offer(true);
    say(state, "This is the address. Copy it now: it is not shown again. An earlier one leads nowhere any more.");
    address.focus();
  }

  async function ended() {
    await remove(OWN, { signal });
    address.value = "";
    shown.hidden = true;
    make.focus();
    offer(false);
    say(state, "It has ended: calendars that follow it get nothing any more.");
  }

  async function copied() {
    try {
      await navigator.clipboard.writeText(address.value);
      say(state, "Copied.");
    } catch {
      address.focus(); // the browser does not let us: it is chosen, to be copied by hand
      say(state, "Your browser does not copy by itself. The address is selected: copy it from there.");
    }
  }
}
