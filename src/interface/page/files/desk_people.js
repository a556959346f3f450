// Who people are, whose bookings the desk looks at.

import { get } from "./api.js";
import { each } from "./lists.js";
import { path } from "./paths.js";
import { unattended } from "./unattended.js";

const AGAIN = 5_000;
const NOT_NOW = [429, 503];

// null: the service could not say just now. Who is not there, or not to be seen, has no profile.
async function profileOf(customer, signal) {
  try {
    return (await get(path`/v1/customers/${customer}`, { signal })).data.profile ?? {};
  } catch (error) {
    return signal.aborted || NOT_NOW.includes(error.status) ? null : {};
  }
}

/**
 * Who people are, asked once. `nameOf(booking)`; `learn(bookings)` answers whether anything was new. Whoever could not
 * be asked for just then is asked for again: `came()` when that brought something.
 */
export function people(signal, came = () => {}) {
  const known = new Map();
  const missing = new Map(); // bookings of those who could not be asked for, by customer
  let waiting = null;
  const short = (customer) => `Customer ${customer.slice(2, 6)}`;
  const said = ({ details }) => (typeof details?.name === "string" ? details.name : null);
  const who = {
    known,
    nameOf: (booking) => said(booking) ?? known.get(booking.customer)?.name ?? short(booking.customer),
    async learn(bookings) {
      const unknown = new Set(bookings.map(({ customer }) => customer).filter((customer) => !known.has(customer)));
      await each(unknown, async (customer) => {
        const profile = await profileOf(customer, signal);
        if (profile) known.set(customer, profile);
      });
      for (const booking of bookings) if (!known.has(booking.customer)) missing.set(booking.customer, booking);
      if (missing.size) waiting ??= setTimeout(askAgain, AGAIN);
      return [...unknown].some((customer) => known.has(customer));
    },
  };
  return who;

  function askAgain() {
    const bookings = [...missing.values()];
    waiting = null;
    missing.clear();
    if (!signal.aborted) unattended(who.learn(bookings).then((isNew) => isNew && came()), signal);
  }
}
