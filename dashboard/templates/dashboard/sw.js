// Keeps pages readable without a connection, for whoever is signed in now; forgets them at logout.
"use strict";

const FILES = [{% for file in files %}"{{ file|escapejs }}",{% endfor %}];
const SHELL = "shell-{{ version }}";
const PAGES = "pages";
const OWNER = "/__owner";
const MOST_PAGES = 60;
const KEPT = /^\/(medicines\/\d+|today)$/;
const PICTURE = /^\/media\/medicines\/\d+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...FILES, "/offline"])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

async function dropOldShells() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("shell-") && name !== SHELL).map((name) => caches.delete(name)));
}

// A page says whose it is: another person's pages, or those of somebody whose login ended, are dropped.
self.addEventListener("message", (event) => {
  if (typeof event.data?.owner === "string") event.waitUntil(belongTo(event.data.owner));
});

async function belongTo(owner) {
  const cache = await caches.open(PAGES);
  const held = await cache.match(OWNER);
  if (held && (await held.text()) !== owner) await caches.delete(PAGES);
  await (await caches.open(PAGES)).put(OWNER, new Response(owner));
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "POST" && url.pathname === "/logout") {
    event.waitUntil(caches.delete(PAGES));
    return;
  }
  if (event.request.method !== "GET") return;
  if (FILES.includes(url.pathname)) event.respondWith(fromShell(event.request));
  else if (event.request.mode === "navigate") event.respondWith(page(event.request, url));
  else if (PICTURE.test(url.pathname)) event.respondWith(networkFirst(event.request, url.pathname));
});

async function fromShell(request) {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request);
}

async function page(request, url) {
  try {
    const answer = await fetch(request);
    // With a query it may tell what somebody worries about.
    if (KEPT.test(url.pathname) && !url.search && answer.ok && !answer.redirected) await keep(url.pathname, answer.clone());
    return answer;
  } catch (error) {
    const held = await caches.match(url.pathname, { cacheName: PAGES, ignoreVary: true });
    return held ?? (await caches.match("/offline", { cacheName: SHELL, ignoreVary: true })) ?? Promise.reject(error);
  }
}

async function networkFirst(request, path) {
  try {
    const answer = await fetch(request);
    if (answer.ok) await keep(path, answer.clone());
    return answer;
  } catch (error) {
    return (await caches.match(path, { cacheName: PAGES, ignoreVary: true })) ?? Promise.reject(error);
  }
}

async function keep(path, answer) {
  const cache = await caches.open(PAGES);
  await cache.delete(path, { ignoreVary: true });
  await cache.put(path, answer);
  const held = (await cache.keys()).filter((request) => new URL(request.url).pathname !== OWNER);
  for (const old of held.slice(0, Math.max(0, held.length - 2 * MOST_PAGES))) await cache.delete(old, { ignoreVary: true });
}
