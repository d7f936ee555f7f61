// The stand-in of Kakao's map: as much of it as a page of ours calls. It draws no map, only what is laid on one.
(() => {
  class LatLng {
    constructor(lat, lng) { this.lat = lat; this.lng = lng; }
    getLat() { return this.lat; }
    getLng() { return this.lng; }
  }
  class LatLngBounds {
    constructor() { this.places = []; }
    extend(place) { this.places.push(place); }
  }
  class Map {
    constructor(element, { center }) {
      if (!(center instanceof LatLng)) throw new TypeError("center");
      this.element = element;
      element.setAttribute("style", "position: relative; overflow: hidden");
      element.dataset.drawnBy = "kakao";
    }
    setBounds(bounds) { this.element.dataset.bounds = bounds.places.length; }
    relayout() {}
  }
  class CustomOverlay {
    constructor({ map, position, content }) {
      this.box = document.createElement("div");
      this.position = position;
      if (content) this.setContent(content);
      if (map) this.setMap(map);
    }
    setContent(content) { this.box.replaceChildren(content); }
    setPosition(position) { this.position = position; }
    setMap(map) { if (map) map.element.append(this.box); else this.box.remove(); }
  }
  window.kakao = { maps: { load: (ready) => ready(), LatLng, LatLngBounds, Map, CustomOverlay } };
})();
