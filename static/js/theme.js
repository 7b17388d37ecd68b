// Light or dark: follows the system where a person chose that, and switches without a reload.
(function () {
  "use strict";
  var root = document.documentElement;
  var prefersLight = window.matchMedia("(prefers-color-scheme: light)");

  function followSystem() {
    if (root.dataset.choice === "system") {
      root.setAttribute("data-bs-theme", prefersLight.matches ? "light" : "dark");
    }
  }

  function look(event) {
    var form = event.target;
    if (!form.classList || !form.classList.contains("look")) {
      return;
    }
    event.preventDefault();
    var wanted = root.getAttribute("data-bs-theme") === "light" ? "dark" : "light";
    var sent = new FormData(form);
    sent.set("theme", wanted);
    root.setAttribute("data-bs-theme", wanted);
    root.dataset.choice = wanted;
    fetch(form.action, {method: "POST", body: new URLSearchParams(sent), credentials: "same-origin", redirect: "manual"});
  }

  followSystem();
  prefersLight.addEventListener("change", followSystem);
  document.addEventListener("submit", look);
})();
