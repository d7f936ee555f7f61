// The field of Find as a combobox: suggestions at every keystroke, by htmx; keys, screen reader and IME.
//
// An IME builds a syllable from several keys. While it does, nothing is asked until the typist pauses: a syllable that is
// done is asked for at once (the IME says so), half of one only after PAUSE, since search knows half-typed syllables too.
"use strict";

const PAUSE = 150;
const AT_ONCE = 20;
const field = document.querySelector("[data-suggest]");
const list = document.getElementById("suggestions");
const count = document.getElementById("suggestions-count");
let timer = 0;
let asked = null;
let active = -1;

field.setAttribute("role", "combobox");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", "suggestions");
show(false);

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function show(open) {
  const shown = open && options().length > 0;
  list.hidden = !shown;
  field.setAttribute("aria-expanded", String(shown));
  if (!shown) choose(-1);
}

function choose(index) {
  active = index;
  options().forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
  const option = options()[index];
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function ask() {
  const text = field.value.trim();
  if (text === asked) return;
  asked = text;
  if (text) htmx.trigger(field, "pilling:ask");
  else {
    htmx.trigger(field, "htmx:abort");
    list.replaceChildren();
    count.textContent = "";
    show(false);
  }
}

function soon(wait) {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

field.addEventListener("input", (event) => soon(event.isComposing ? PAUSE : AT_ONCE));
field.addEventListener("compositionend", () => soon(AT_ONCE));

list.addEventListener("htmx:afterSwap", () => {
  // An answer that comes after the field was emptied or left is none.
  const open = document.activeElement === field && field.value.trim() !== "";
  choose(-1);
  show(open);
  const found = options().length;
  count.textContent = !open ? "" : found ? `추천 이름 ${found}개. 위아래 화살표로 고를 수 있어요.` : "추천 이름이 없어요.";
});

function take(option) {
  field.value = option.dataset.text;
  asked = field.value;
  show(false);
  field.form.requestSubmit();
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => active >= 0 && (take(options()[active]), true),
  Escape: () => !list.hidden && (show(false), true),
  Tab: () => show(false),
};

function move(step) {
  if (list.hidden) {
    show(true);
    if (list.hidden) return false;
  }
  const total = options().length;
  // Beyond either end stands the field itself.
  choose(((active + step + 1 + total + 1) % (total + 1)) - 1);
  return true;
}

field.addEventListener("keydown", (event) => {
  // These keys belong to the IME while it builds a syllable.
  if (event.isComposing || event.keyCode === 229) return;
  if (KEYS[event.key]?.()) event.preventDefault();
});
// Before the field loses its focus to the list.
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) take(option);
});
field.addEventListener("blur", () => show(false));
field.form.addEventListener("submit", () => htmx.trigger(field, "htmx:abort"));
