// What every page does with JavaScript; each page works without it.
"use strict";

const notice = document.getElementById("notice");

function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

addEventListener("offline", () => tell("인터넷 연결이 끊겼어요. 열어 둔 화면은 그대로 볼 수 있어요."));
addEventListener("online", () => tell(""));

// A request of a part of the page that failed: what the server says of it, in its own words.
document.addEventListener("htmx:responseError", (event) => {
  if (event.target.dataset.quiet !== undefined) return;
  let detail = "";
  try {
    detail = JSON.parse(event.detail.xhr.responseText).detail;
  } catch { /* no document: the plain words below */ }
  tell(detail || "요청을 처리하지 못했어요. 잠시 뒤에 다시 시도해 주세요.");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.dataset.quiet === undefined) tell("연결이 잘 되지 않아요. 잠시 뒤에 다시 시도해 주세요.");
  });
}

// A form is sent once: a second tap while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  // Should the answer never come, the button is not dead for ever.
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

if ("serviceWorker" in navigator) {
  const owner = document.documentElement.dataset.owner;
  navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).then((worker) => {
    // A page that does not know (a problem, or this one without a connection) says nothing.
    if (owner !== undefined) worker.active.postMessage({ owner });
  }).catch(() => {});
}
