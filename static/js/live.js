// Live parts: fetches a part again and swaps it only when it has changed and nobody is busy inside it.
//   <div data-live="/address" data-live-every="2">…</div>     a part whose root carries data-live-stop ends it;
//   with data-live-next="/address" beside that, the page was only there to wait, and the next one takes its place.
//   With data-live-hidden it goes on, less often, while the page is hidden: something there wants to be told.
(function () {
  "use strict";
  var LONGEST = 60, LONGEST_HIDDEN = 15;

  function Part(box) {
    this.box = box;
    this.every = Math.max(1, Number(box.dataset.liveEvery) || 5);
    this.wait = this.every;
    this.tag = "";
    this.timer = 0;
    this.plan();
  }

  Part.prototype.hasEnded = function () {
    return Boolean(this.box.querySelector("[data-live-stop]"));
  };

  Part.prototype.plan = function () {
    if (!this.box.isConnected || this.hasEnded()) {
      return;
    }
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.ask.bind(this), this.wait * 1000);
  };

  Part.prototype.askNow = function () {
    this.wait = this.every;
    if (this.timer) {  // an answer that is on its way plans the next question itself
      window.clearTimeout(this.timer);
      this.ask();
    }
  };

  Part.prototype.ask = function () {
    var part = this;
    part.timer = 0;
    if (document.hidden) {
      part.slower();
      if (!("liveHidden" in part.box.dataset)) { return part.plan(); }
      part.wait = Math.min(LONGEST_HIDDEN, part.wait);
    }
    var headers = {"X-Live": "1", "Accept": "text/html"};
    if (part.tag) {
      headers["If-None-Match"] = part.tag;
    }
    return fetch(part.box.dataset.live, {credentials: "same-origin", headers: headers, redirect: "manual", cache: "no-store"})
      .then(function (answer) { return part.take(answer); })
      .catch(function () { part.slower(); })
      .then(function () { part.plan(); });
  };

  Part.prototype.take = function (answer) {
    var part = this;
    if (answer.ok || answer.status === 304) {
      part.wait = document.hidden ? part.wait : part.every;
    } else {
      return part.slower();
    }
    if (answer.status === 304) {
      return null;
    }
    return answer.text().then(function (html) {
      if (isBusy(part.box)) {
        return;  // keep the old tag: the next answer is news again
      }
      part.tag = answer.headers.get("ETag") || "";
      swap(part.box, html);
      if (part.hasEnded()) {
        part.box.dispatchEvent(new CustomEvent("live:ended", {bubbles: true}));
        goOn(part.box);
      }
    });
  };

  function goOn(box) {
    var next = box.querySelector("[data-live-next]");
    if (next) {
      window.location.replace(next.dataset.liveNext);
    }
  }

  Part.prototype.slower = function () {
    this.wait = Math.min(LONGEST, this.wait * 2);
  };

  function isBusy(box) {
    var held = document.activeElement;
    var isTyping = held && held !== box && box.contains(held) && held.matches("input, select, textarea");
    return isTyping || Boolean(box.querySelector("dialog[open]"));
  }

  function swap(box, html) {
    var open = paths(box, "details[open] > summary");
    var held = box.contains(document.activeElement) ? pathOf(box, document.activeElement) : null;
    if (normal(box.innerHTML) === normal(html)) {
      return;
    }
    box.innerHTML = html;
    open.forEach(function (path) {
      var summary = follow(box, path);
      if (summary && summary.parentElement.tagName === "DETAILS") {
        summary.parentElement.open = true;
      }
    });
    if (held) {
      var again = follow(box, held);
      if (again) {
        again.focus({preventScroll: true});
      }
    }
    box.dispatchEvent(new CustomEvent("live:swapped", {bubbles: true}));
  }

  function normal(html) {
    return html.replace(/name="csrf_token"[^>]*>/g, "").replace(/\s+/g, " ").trim();
  }

  function paths(box, selector) {
    return Array.prototype.map.call(box.querySelectorAll(selector), function (found) { return pathOf(box, found); });
  }

  function pathOf(box, element) {
    var path = [];
    while (element && element !== box) {
      path.unshift(Array.prototype.indexOf.call(element.parentElement.children, element));
      element = element.parentElement;
    }
    return path;
  }

  function follow(box, path) {
    return path.reduce(function (at, index) { return at && at.children[index]; }, box);
  }

  function start() {
    var parts = Array.prototype.map.call(document.querySelectorAll("[data-live]"), function (box) { return new Part(box); });
    var all = function () { parts.forEach(function (part) { part.askNow(); }); };
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden) {
        all();
      }
    });
    document.addEventListener("live:ended", all);  // what has ended here has ended in the tray, too
  }

  start();
})();
