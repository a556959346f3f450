// What the page does from the start, whichever view is shown: colours, notices, the session's end.

import { get, now } from "./api.js";
import { element } from "./dom.js";
import "./drafts.js"; // whatever is shown: signing out forgets them
import { notice, withdraw } from "./notices.js";
import { begin as beginRouting } from "./router.js";
import { ends, isSignedIn, signInAddress } from "./session.js";
import { begin as beginTheme } from "./theme.js";
import { askNowAndThen } from "./unattended.js";

const MINUTE = 60_000;
const WARNING = 5 * MINUTE;
const LOOKING_AGAIN = 15_000;

let until = ends; // when the session ends, by what is known
let looking = null;
let ended = 0; // a session that ends later is another one
let stopAsking = null; // while it is said that it ends or has ended

beginTheme();
document.addEventListener("daybook:unreachable", ({ detail }) =>
  notice("connection", "bad", `The service cannot be reached. ${detail.givesUp ? "" : "Trying again …"}`),
);
document.addEventListener("daybook:reached", () => withdraw("connection"));
document.addEventListener("daybook:signed-out", ({ detail }) => (detail ? overtaken(detail) : sessionEnded()));
// Ours may be wrong: the service's clock is known from its first answer on.
document.addEventListener("daybook:reached", () => isSignedIn && watchSession(), { once: true });
if ("view" in document.getElementById("main").dataset) await beginRouting();

// By the service's clock: what is known of it gets better with its answers, so it is looked at again and again.
function watchSession() {
  const left = until - now();
  if (left <= 0) return sessionEnded();
  if (left <= WARNING && !stopAsking) {
    notice("session", "", `Your session ends in ${Math.max(1, Math.round(left / MINUTE))} min. `, again());
    awaitAnother(until);
  }
  looking = setTimeout(watchSession, Math.min(left, LOOKING_AGAIN));
  return undefined;
}

function sessionEnded() {
  notice("session", "", isSignedIn ? "Your session has ended. " : "This needs somebody who is signed in. ", again());
  if (isSignedIn) awaitAnother(0);
}

// One may sign in again in another window: then it goes on here as well.
function awaitAnother(after) {
  ended = after;
  stopAsking ??= askNowAndThen(async () => {
    const next = Date.parse((await get("/v1/me")).data.expires_at);
    if (next <= ended) return;
    stopAsking();
    stopAsking = null;
    withdraw("session");
    until = next;
    clearTimeout(looking);
    watchSession();
  }, MINUTE);
}

// In another window: what is shown here is one person's, and what is done would be the other's.
function overtaken(text) {
  notice("session", "bad", `${text} `, element("a", { href: location.href }, "Load this page anew"));
}

// One comes back to where one is by then.
function again() {
  const onclick = ({ currentTarget }) => (currentTarget.href = signInAddress());
  return element("a", { href: signInAddress(), onclick }, isSignedIn ? "Sign in again" : "Sign in");
}
