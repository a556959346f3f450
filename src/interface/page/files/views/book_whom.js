// For whom staff book: the person's name, read once however many steps it takes.

import { get } from "../api.js";
import { path } from "../paths.js";
import { roles } from "../session.js";

let known = null; // {customer, name}: of whom it is said now; nobody else's name is kept

/** How somebody is called for whom staff book; null when nobody books for another. */
export async function whomOf(customer, signal) {
  if (!customer || !roles.has("staff")) return null;
  if (!known?.name || known.customer !== customer) known = { customer, name: await nameOf(customer, signal) };
  return known.name ?? `customer ${customer.slice(2, 6)}`;
}

// Whoever has no name, or is not known any more: the steps say so themselves, once something is sent.
async function nameOf(customer, signal) {
  try {
    return (await get(path`/v1/customers/${customer}`, { signal })).data.profile?.name;
  } catch (error) {
    if (error.status === undefined) throw error;
    return null;
  }
}
