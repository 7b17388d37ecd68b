// The editor of rules: what is chosen shows its fields at once, and fields that do not matter are put away. The page stays
// where it is. Without this file every button of the form does the same by loading the page again.
(function () {
  "use strict";

  function form() { return document.querySelector("form.rule-form"); }

  function fit(within) {
    within.querySelectorAll("[data-only]").forEach(function (field) {
      var other = within.elements[field.dataset.only];
      field.hidden = !!other && field.dataset.for.split(" ").indexOf(other.value) < 0;
    });
  }

  function again(changed) {
    var mine = form(), sent = new FormData(mine), name = changed.name;
    sent.append("stay", "1");
    fetch(mine.action, {method: "POST", body: sent, credentials: "same-origin"})
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(new Error("no page")); })
      .then(function (text) {
        var shown = new DOMParser().parseFromString(text, "text/html").querySelector("form.rule-form");
        if (!shown) { throw new Error("no form"); }
        mine.innerHTML = shown.innerHTML;
        fit(mine);
        if (mine.elements[name]) { mine.elements[name].focus(); }
      })
      .catch(function () { /* the buttons are still there */ });
  }

  document.addEventListener("change", function (event) {
    var changed = event.target;
    if (!changed.closest("form.rule-form")) { return; }
    if (changed.id === "kind" || changed.matches("[data-what]")) { again(changed); } else { fit(form()); }
  });
  fit(form());
}());
