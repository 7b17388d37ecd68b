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

  var changes = 0;  // of anything in the form: what is typed while the page is on its way is asked for once more, not lost

  function again(name) {
    var mine = form(), sent = new FormData(mine), asked = changes;
    sent.append("stay", "1");
    fetch(mine.action, {method: "POST", body: sent, credentials: "same-origin"})
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(new Error("no page")); })
      .then(function (text) {
        if (asked !== changes) { again(name); return; }
        var shown = new DOMParser().parseFromString(text, "text/html").querySelector("form.rule-form");
        if (!shown) { throw new Error("no form"); }
        show(mine, shown, name);
      })
      .catch(function () { /* the buttons are still there */ });
  }

  // the new form in place of the old one; whoever has gone on to another field stays there
  function show(mine, shown, name) {
    var at = mine.contains(document.activeElement) ? document.activeElement.name || name : name;
    var caret = document.activeElement.selectionStart;
    mine.innerHTML = shown.innerHTML;
    fit(mine);
    var field = mine.elements[at] || mine.elements[name];
    if (!field || !field.focus) { return; }
    field.focus();
    if (typeof caret === "number" && field.setSelectionRange && /^(text|search|tel|url)$|textarea/.test(field.type)) {
      field.setSelectionRange(caret, caret);
    }
  }

  // whoever types the first letters of a choice, or goes through a list with the arrows, is let finish
  var keyed = 0, waiting = null;
  document.addEventListener("keydown", function (event) { keyed = event.timeStamp; });

  function ask() {
    var name = waiting && waiting.name;
    if (waiting) { window.clearTimeout(waiting.timer); }
    waiting = null;
    if (name) { again(name); }
  }

  document.addEventListener("change", function (event) {
    var changed = event.target;
    if (!changed.closest("form.rule-form")) { return; }
    changes += 1;
    if (changed.id !== "kind" && !changed.matches("[data-what]")) { fit(form()); return; }
    if (waiting) { window.clearTimeout(waiting.timer); }
    waiting = {name: changed.name, timer: window.setTimeout(ask, event.timeStamp - keyed < 100 ? 1000 : 0)};
  });
  document.addEventListener("focusout", function (event) {
    if (waiting && event.target.name === waiting.name) { window.setTimeout(ask, 0); }
  });
  document.addEventListener("input", function (event) {
    if (event.target.closest("form.rule-form")) { changes += 1; }
  });
  fit(form());
}());
