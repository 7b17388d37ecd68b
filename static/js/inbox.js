// The list of chats: the title and the rail say how many are not seen, a sound or notice for new ones, keys to move.
(function () {
  "use strict";
  var box = document.getElementById("talks");
  var title = document.title.replace(/ \(\d+ not seen\)/, "");
  var known = count();

  function count() {
    var found = box && box.querySelector("[data-unread-count]");
    return found ? Number(found.dataset.unreadCount) || 0 : 0;
  }

  function say() {
    var now = count(), badge = document.querySelector("[data-unread-badge]");
    document.title = now ? "(" + now + ") " + title : title;
    if (badge) { badge.firstChild.textContent = now; badge.hidden = !now; }
    if (now > known) { notice(); }
    known = now;
  }

  function notice() {
    if ("Notification" in window && Notification.permission === "granted" && document.hidden) {
      new Notification("Pigeonpost", {body: known ? "Somebody wrote" : "A new message", tag: "pigeonpost-inbox"});
    }
    if (window.localStorage.getItem("inbox-sound") !== "off") { ping(); }
  }

  function ping() {
    try {
      var sound = new AudioContext();
      if (sound.state !== "running") { sound.close(); return; }  // the browser allows it only after a click
      var tone = sound.createOscillator(), loud = sound.createGain();
      tone.frequency.value = 740;
      loud.gain.setValueAtTime(0.06, sound.currentTime);
      loud.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 0.35);
      tone.connect(loud).connect(sound.destination);
      tone.start();
      tone.stop(sound.currentTime + 0.36);
      tone.onended = function () { sound.close(); };
    } catch (error) { /* no sound here */ }
  }

  function move(step) {
    var links = Array.from(document.querySelectorAll(".talk-link"));
    var at = links.findIndex(function (link) { return link.hasAttribute("aria-current"); });
    var to = links[at + step] || (at < 0 ? links[0] : null);
    if (to) { to.click(); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) { return; }
    var acts = {j: function () { move(1); }, k: function () { move(-1); },
                "/": function () { var field = document.querySelector(".list-head input[type=search]"); if (field) { field.focus(); } },
                r: function () { var text = document.getElementById("text"); if (text) { text.focus(); } },
                e: function () { var close = document.querySelector(".chat-acts form[action*='/close'] button"); if (close) { close.click(); } }};
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });

  document.addEventListener("click", function (event) {
    if ("Notification" in window && Notification.permission === "default" && event.target.closest("#send")) {
      Notification.requestPermission();
    }
    document.querySelectorAll("details.menu[open], details.line-acts[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });

  if (box) { box.addEventListener("live:swapped", say); say(); }
})();
