// The day's list: fresh when somebody comes back to it, and kept as it stands for when there is no connection.
"use strict";

const OLD = 60_000;
let fetched = Date.now();

function isBusy() {
  // Somebody is filling in a field; what they typed stays.
  return document.querySelector("#day details[open]") !== null;
}

function refresh() {
  if (isBusy() || !navigator.onLine) return;
  fetched = Date.now();
  htmx.ajax("GET", location.pathname, { target: "#day", swap: "outerHTML" });
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && Date.now() - fetched > OLD) refresh();
});
addEventListener("online", refresh);
// By the back button the page comes as it was left.
addEventListener("pageshow", (event) => event.persisted && refresh());

function tellAge() {
  const note = document.querySelector("[data-as-of]");
  if (note) note.hidden = navigator.onLine;
}

// The worker keeps pages that are opened; after a tick the list is another one, and an old one might have a dose taken twice.
async function keep() {
  if (location.pathname !== "/today" || !navigator.serviceWorker?.controller) return;
  const answer = await fetch("/today", { headers: { accept: "text/html" } });
  if (answer.ok && !answer.redirected) await (await caches.open("pages")).put("/today", answer);
}

let keeping = 0;
document.addEventListener("htmx:afterSettle", (event) => {
  fetched = Date.now();
  clearTimeout(keeping);
  if (event.detail.requestConfig?.verb !== "get") keeping = setTimeout(() => keep().catch(() => {}), 300);
});
addEventListener("offline", tellAge);
addEventListener("online", tellAge);
tellAge();
