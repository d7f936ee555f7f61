// Reading aloud, by the browser's own voice: the server says what to say, signs and units in words.
"use strict";

const START = "듣기";
const STOP = "그만";

function offer() {
  if (!("speechSynthesis" in window)) return;
  for (const button of document.querySelectorAll("[data-speak]")) button.hidden = !button.dataset.speak;
}

function quiet() {
  speechSynthesis.cancel();
  for (const button of document.querySelectorAll("[data-speaking]")) {
    delete button.dataset.speaking;
    button.querySelector("[data-word]").textContent = START;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-speak]");
  if (!button) return;
  const stops = "speaking" in button.dataset;
  quiet();
  if (stops) return;
  const speech = new SpeechSynthesisUtterance(button.dataset.speak);
  speech.lang = "ko-KR";
  speech.rate = 0.95;
  speech.onend = quiet;
  button.dataset.speaking = "yes";
  button.querySelector("[data-word]").textContent = STOP;
  speechSynthesis.speak(speech);
});
document.addEventListener("htmx:afterSwap", offer);
addEventListener("pagehide", () => "speechSynthesis" in window && speechSynthesis.cancel());
offer();
