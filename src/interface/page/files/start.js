// What the page does from the start, whichever view is shown: colours, notices, the session's end.

import { now } from "./api.js";
import { element } from "./dom.js";
import "./drafts.js"; // whatever is shown: signing out forgets them
import { notice, withdraw } from "./notices.js";
import { begin as beginRouting } from "./router.js";
import { ends, isSignedIn, signInAddress } from "./session.js";
import { begin as beginTheme } from "./theme.js";

const MINUTES_OF_WARNING = 5;
const LOOKING_AGAIN = 15_000;

beginTheme();
document.addEventListener("daybook:unreachable", ({ detail }) =>
  notice("connection", "bad", `The service cannot be reached. ${detail.givesUp ? "" : "Trying again …"}`),
);
document.addEventListener("daybook:reached", () => withdraw("connection"));
document.addEventListener("daybook:signed-out", ({ detail }) => (detail ? overtaken(detail) : sessionEnded()));
// Ours may be wrong: the service's clock is known from its first answer on.
document.addEventListener("daybook:reached", () => isSignedIn && watchSession(), { once: true });
if ("view" in document.getElementById("main").dataset) await beginRouting();

function watchSession() {
  at(ends - MINUTES_OF_WARNING * 60_000, () => {
    const minutes = Math.max(1, Math.round((ends - now()) / 60_000));
    notice("session", "", `Your session ends in ${minutes} min. `, again());
  });
  at(ends, sessionEnded);
}

function sessionEnded() {
  notice("session", "", isSignedIn ? "Your session has ended. " : "This needs somebody who is signed in. ", again());
}

// In another window: what is shown here is one person's, and what is done would be the other's.
function overtaken(text) {
  notice("session", "bad", `${text} `, element("a", { href: location.href }, "Load this page anew"));
}

function again() {
  return element("a", { href: signInAddress() }, isSignedIn ? "Sign in again" : "Sign in");
}

// By the service's clock: what is known of it gets better with its answers, so it is looked at again and again.
function at(time, what) {
  const wait = time - now();
  if (wait <= 0) what();
  else setTimeout(() => at(time, what), Math.min(wait, LOOKING_AGAIN));
}
