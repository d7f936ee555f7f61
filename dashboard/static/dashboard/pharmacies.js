// The pharmacies' page: where somebody is, asked for only after a press, and the list drawn on a map as well.
"use strict";

(() => {
  const PLACE_DIGITS = 5; // about a metre
  const near = document.getElementById("near");
  const told = document.getElementById("located");
  const button = document.getElementById("locate");
  const found = document.getElementById("found");
  const REFUSED = {
    1: "위치를 쓰지 않기로 되어 있어요. 괜찮아요, 아래에 동네 이름을 적거나 지역을 골라 주세요.",
    2: "지금은 위치를 알 수 없어요. 아래에 동네 이름을 적거나 지역을 골라 주세요.",
    3: "위치를 찾는 데 너무 오래 걸려요. 다시 누르거나, 아래에 동네 이름을 적어 주세요.",
  };

  function locate() {
    button.disabled = true;
    told.textContent = "위치를 확인하고 있어요. 브라우저가 물으면 허용해 주세요.";
    navigator.geolocation.getCurrentPosition(located, refused, { timeout: 15000, maximumAge: 60000 });
  }

  function located({ coords }) {
    button.disabled = false;
    told.textContent = "";
    near.elements.lat.value = coords.latitude.toFixed(PLACE_DIGITS);
    near.elements.lng.value = coords.longitude.toFixed(PLACE_DIGITS);
    htmx.trigger(near, "pilling:located");
  }

  function refused(error) {
    button.disabled = false;
    told.textContent = REFUSED[error.code] ?? REFUSED[2];
    document.getElementById("q").focus();
  }

  if (near && "geolocation" in navigator) {
    near.hidden = false;
    button.addEventListener("click", locate);
  }
  found.addEventListener("htmx:afterSwap", () => {
    draw();
    if (!found.contains(document.activeElement)) found.focus({ preventScroll: false });
  });

  // --- the map -------------------------------------------------------------------------------------------------------
  // The list says everything; what fails here is left away.
  const cards = () => [...document.querySelectorAll("#list > [data-lat]")];
  let show = () => {};

  async function draw() {
    const box = document.getElementById("map-box");
    if (!box || !cards().length) return;
    box.hidden = false;
    const map = document.getElementById("map");
    try {
      show = map.dataset.kakao ? await kakaoMap(map).catch(() => ourMap(map)) : await ourMap(map);
    } catch {
      box.hidden = true;
      return;
    }
    for (const one of document.querySelectorAll("[data-show]")) one.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-show]");
    if (!asked) return;
    document.getElementById("map").scrollIntoView({ block: "center" });
    show(asked.dataset.show);
  });

  function load(address, ready) {
    if (ready()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => (ready() ? resolve() : reject(new Error("not loaded")));
      script.onerror = reject;
      document.head.append(script);
      setTimeout(reject, 8000, new Error("too late"));
    });
  }

  // What opens at a marker: the name, whether it is open, and the way to its place in the list.
  function note(card) {
    const div = document.createElement("div");
    const name = document.createElement("strong");
    name.textContent = card.dataset.name;
    const state = document.createElement("p");
    state.textContent = card.querySelector(".row").innerText.replaceAll("\n", " ");
    const link = document.createElement("a");
    link.href = `#${card.id}`;
    link.textContent = "목록에서 보기";
    div.append(name, state, link);
    return div;
  }

  const label = (card, number) => `${number}. ${card.dataset.name}, ${card.querySelector(".badge").textContent}`;
  const place = (card) => [Number(card.dataset.lat), Number(card.dataset.lng)];

  async function ourMap(element) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = element.dataset.style;
    document.head.append(style);
    const outline = fetch(element.dataset.outline).then((answer) => answer.json());
    await load(element.dataset.leaflet, () => window.L);
    const map = L.map(element, { zoomSnap: 0.5, maxZoom: 17, minZoom: 6, zoomControl: false });
    L.control.zoom({ zoomInTitle: "크게 보기", zoomOutTitle: "작게 보기" }).addTo(map);
    map.on("popupopen", ({ popup }) => {
      popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", "닫기");
    });
    map.attributionControl.setPrefix("<a href='https://leafletjs.com'>Leaflet</a>");
    if (element.dataset.tiles) L.tileLayer(element.dataset.tiles, { attribution: element.dataset.attribution }).addTo(map);
    // A map without a view has no markers yet.
    map.fitBounds(L.latLngBounds(cards().map(place)).pad(0.1), { maxZoom: 16, animate: false });
    const markers = new Map(cards().map((card, index) => [card.id, marker(map, card, index + 1)]));
    outlined(map, await outline);
    return (id) => markers.get(id)?.openPopup();
  }

  function marker(map, card, number) {
    const icon = L.divIcon({ className: `pin ${card.dataset.state}`, html: String(number), iconSize: [32, 32] });
    const one = L.marker(place(card), { icon, riseOnHover: true, zIndexOffset: -number * 10 }).addTo(map);
    one.getElement().setAttribute("aria-label", label(card, number));
    one.bindPopup(note(card));
    return one;
  }

  // Each line is its first point and the steps from there, in thousandths of a degree.
  function outlined(map, { scale, west, south, lines, names }) {
    const degrees = (x, y) => [south + y / scale, west + x / scale];
    for (const line of lines) {
      let [x, y] = line;
      const points = [degrees(x, y)];
      for (let i = 2; i < line.length; i += 2) points.push(degrees((x += line[i]), (y += line[i + 1])));
      L.polyline(points, { className: "district-line", interactive: false, weight: 1.5 }).addTo(map);
    }
    const shown = L.layerGroup().addTo(map);
    const named = () => {
      shown.clearLayers();
      if (map.getZoom() < 9) return;
      for (const [name, x, y] of names) {
        if (!map.getBounds().contains(degrees(x, y))) continue;
        const icon = L.divIcon({ className: "district-name", html: "", iconSize: null });
        const one = L.marker(degrees(x, y), { icon, interactive: false, keyboard: false, zIndexOffset: -9999 }).addTo(shown);
        one.getElement().textContent = name;
        one.getElement().setAttribute("aria-hidden", "true");
      }
    };
    map.on("moveend", named);
    named();
    map.attributionControl.addAttribution("경계: 국토지리정보원");
  }

  async function kakaoMap(element) {
    await load(element.dataset.kakao, () => window.kakao?.maps);
    await new Promise((resolve, reject) => {
      kakao.maps.load(resolve);
      setTimeout(reject, 8000, new Error("too late"));
    });
    const bounds = new kakao.maps.LatLngBounds();
    const at = (card) => new kakao.maps.LatLng(...place(card));
    const map = new kakao.maps.Map(element, { center: at(cards()[0]), level: 4 });
    const open = new kakao.maps.CustomOverlay({ yAnchor: 1.4, zIndex: 9, clickable: true });
    const notes = new Map();
    cards().forEach((card, index) => {
      const pin = document.createElement("button");
      pin.type = "button";
      pin.className = `pin ${card.dataset.state}`;
      pin.textContent = index + 1;
      pin.setAttribute("aria-label", label(card, index + 1));
      const tell = () => {
        const content = note(card);
        content.className = "box";
        open.setContent(content);
        open.setPosition(at(card));
        open.setMap(map);
      };
      pin.addEventListener("click", tell);
      new kakao.maps.CustomOverlay({ map, position: at(card), content: pin, clickable: true });
      notes.set(card.id, tell);
      bounds.extend(at(card));
    });
    map.setBounds(bounds);
    return (id) => notes.get(id)?.();
  }

  draw();
})();
