// The editor follows what is typed: counters here, gaps, refusals and the phone from the server's own parts.
(function () {
  "use strict";
  var form = document.querySelector("form[data-check]");
  if (!form) {
    return;
  }
  var turn = 0;
  var timer = 0;
  var forced = [];

  function count(field) {
    if (!field || !field.name) {
      return;
    }
    var said = document.querySelector('[data-counts="' + field.name + '"]');
    if (!said) {
      return;
    }
    var limit = Number(said.dataset.limit);
    var length = Array.from(field.value.trim()).length;
    said.textContent = length.toLocaleString("en") + " of " + limit.toLocaleString("en") +
      (length > limit ? ", " + (length - limit).toLocaleString("en") + " too many" : "");
    said.classList.toggle("is-near", length >= 0.9 * limit && length <= limit);
    said.classList.toggle("is-over", length > limit);
  }

  function follow() {
    turn += 1;
    window.clearTimeout(timer);
    timer = window.setTimeout(function () { ask("check"); }, 300);
  }

  function ask(act, done) {
    var mine = turn, typed = new FormData(form);
    if (act !== "keep_file") {
      typed.delete("header_file");
    }
    typed.set("act", act);
    fetch(form.dataset.check, {method: "POST", body: typed, credentials: "same-origin",
                               headers: {"Accept": "text/html"}, redirect: "manual"})
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) {
        if (html && mine === turn) {
          place(new DOMParser().parseFromString(html, "text/html"));
          form.querySelectorAll("[data-counts]").forEach(function (said) { count(form.elements[said.dataset.counts]); });
          if (done) { done(); }
        }
      })
      .catch(function () {});  // offline for a moment: the next key asks again
  }

  // `parts` come even while somebody is inside them, with the next answer that is still fresh: what was pressed changes them.
  function press(act, parts, done) {
    turn += 1;
    window.clearTimeout(timer);
    forced = forced.concat(parts);
    ask(act, done);
  }

  function place(made) {
    var held = document.activeElement, from = held && held.selectionStart, to = held && held.selectionEnd;
    made.querySelectorAll("[data-part]").forEach(function (fresh) {
      var old = document.querySelector('[data-part="' + fresh.dataset.part + '"]');
      var isHeld = old && old.contains(document.activeElement) && forced.indexOf(fresh.dataset.part) < 0;
      if (old && old !== fresh && !isHeld && old.innerHTML !== fresh.innerHTML) {
        old.replaceWith(fresh);
      }
    });
    forced = [];
    if (held && held.id && !held.isConnected && document.getElementById(held.id)) {
      document.getElementById(held.id).focus();
      if (typeof from === "number") { document.activeElement.setSelectionRange(from, to); }
    }
  }

  function insert(name) {
    var body = form.elements.body;
    body.focus();
    body.setRangeText("{{" + name + "}}", body.selectionStart, body.selectionEnd, "end");
    body.dispatchEvent(new Event("input", {bubbles: true}));
  }

  function mark(sign) {
    var body = form.elements.body, from = body.selectionStart, to = body.selectionEnd;
    var chosen = body.value.slice(from, to), inner = chosen.trim(), lead = chosen.length - chosen.trimStart().length;
    body.focus();
    body.setRangeText(chosen.slice(0, lead) + sign + inner + sign + chosen.slice(lead + inner.length), from, to, "end");
    body.setSelectionRange(from + lead + sign.length, from + lead + sign.length + inner.length);
    body.dispatchEvent(new Event("input", {bubbles: true}));
  }

  function shape(act) {
    press(act, ["buttons"], function () {
      var last = form.querySelectorAll(".button-row");
      var at = act === "add" ? last.length - 1 : Math.min(Number(act.split(":")[1]), last.length - 1);
      var box = at >= 0 ? last[at].querySelector("select") : form.querySelector('[data-part="buttons"] button');
      if (box) { box.focus(); }
    });
  }

  form.addEventListener("input", function (event) {
    if (event.target.type === "file") {
      return;
    }
    count(event.target);
    follow();
  });
  form.addEventListener("change", function (event) {
    if (event.target.matches("[data-shapes]")) {
      press("check", ["buttons", "header"]);
    } else if (event.target.type === "file") {
      press("keep_file", ["header"]);
    }
  });
  form.addEventListener("click", function (event) {
    var pressed = event.target.closest("button");
    if (!pressed) {
      return;
    }
    if (pressed.dataset.insert) {
      insert(pressed.dataset.insert);
    } else if (pressed.dataset.mark) {
      mark(pressed.dataset.mark);
    } else if (pressed.name === "act" && pressed.value !== "check") {
      event.preventDefault();
      if (pressed.value === "no_file" || pressed.value.indexOf("card-") === 0) { press(pressed.value, ["header"]); } else { shape(pressed.value); }
    }
  });
  form.querySelectorAll("[data-needs-script]").forEach(function (part) { part.hidden = false; });
  form.querySelectorAll("[data-without-script]").forEach(function (part) { part.remove(); });
  form.querySelectorAll("[data-counts]").forEach(function (said) { count(form.elements[said.dataset.counts]); });
})();
