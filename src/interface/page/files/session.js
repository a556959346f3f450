// Who is signed in, as the document says it. The session itself is in a cookie that no script can read.

const facts = document.body.dataset;

/** The roles of whoever is signed in; empty when nobody is. */
export const roles = new Set((facts.roles ?? "").split(" ").filter(Boolean));

export const isSignedIn = facts.roles !== undefined;

/** When the session ends, in milliseconds since 1970; never, when nobody is signed in. */
export const ends = isSignedIn ? Number(facts.ends) * 1000 : Infinity;

/** What goes along with each question: for whom this document was made. Nothing is done for anybody else by it. */
export const asWhom = facts.person ? { "Daybook-Person": facts.person } : {};

/** Where one signs in, and comes back to where one is. */
export function signInAddress() {
  const here = location.pathname + location.search;
  return here === "/" ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(here)}`;
}
