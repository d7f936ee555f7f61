// The medicines and the day that this browser keeps, on the page that is shown without a connection.
"use strict";

caches.open("pages").then(async (cache) => {
  const list = document.getElementById("kept-list");
  for (const request of (await cache.keys()).reverse()) {
    const path = new URL(request.url).pathname;
    if (!/^\/(medicines\/\d+|today)$/.test(path)) continue;
    const page = new DOMParser().parseFromString(await (await cache.match(request, { ignoreVary: true })).text(), "text/html");
    const link = document.createElement("a");
    link.href = path;
    link.textContent = page.querySelector("h1")?.textContent ?? path;
    list.append(Object.assign(document.createElement("li"), { className: "box" }));
    list.lastChild.append(link);
  }
  document.getElementById("kept").hidden = !list.children.length;
});
