// The list of chats: the title and the rail say how many are not seen, a sound or notice for new ones, keys to move.
(function () {
  "use strict";
  var box = document.getElementById("talks");
  var title = document.title.replace(/ \(\d+ not seen\)/, "");
  var known = count("unreadLines");

  function count(what) {
    var found = box && box.querySelector("[data-unread-count]");
    return found ? Number(found.dataset[what]) || 0 : 0;
  }

  function say() {
    var chats = count("unreadCount"), lines = count("unreadLines");
    document.title = chats ? "(" + chats + ") " + title : title;
    document.querySelectorAll("[data-unread-badge]").forEach(function (badge) {
      badge.firstElementChild.textContent = chats;
      badge.hidden = !chats;
    });
    if (lines > known) { notice(); }
    known = lines;
  }

  // what is new is told where the browser allows it and somebody has asked for it
  function isOn(what) { return window.localStorage.getItem("inbox-" + what) !== "off"; }

  function notice() {
    if (isOn("sound")) { ping(); }
    if (!("Notification" in window) || Notification.permission !== "granted" || !isOn("notices") || !document.hidden) { return; }
    var row = box.querySelector(".talk.is-unread .talk-link");
    var words = function (part) { var found = row && row.querySelector(part); return found ? found.textContent.trim() : ""; };
    var told = new Notification(words(".talk-name") || "Somebody wrote to you", {
      body: words(".talk-preview"), tag: "pigeonpost-inbox", renotify: true});
    told.onclick = function () {
      window.focus();
      told.close();
      if (row) { window.location.assign(row.href); }
    };
  }

  function control(name, words, press) {
    var button = document.querySelector("[data-" + name + "]");
    if (!button) { return; }
    function show() { button.textContent = words(); button.hidden = !button.textContent; }
    button.addEventListener("click", function () { Promise.resolve(press()).then(show); });
    show();
  }
  function turn(what) { window.localStorage.setItem("inbox-" + what, isOn(what) ? "off" : "on"); }

  control("notices", function () {
    if (!("Notification" in window)) { return ""; }
    if (Notification.permission === "denied") { return "Notices: this browser blocks them"; }
    return Notification.permission === "granted" && isOn("notices") ? "Notices: on" : "Notices: off";
  }, function () {
    if (Notification.permission === "granted") { return turn("notices"); }
    window.localStorage.setItem("inbox-notices", "on");
    return Notification.requestPermission();
  });
  control("sound", function () { return isOn("sound") ? "Sound: on" : "Sound: off"; }, function () { turn("sound"); });

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
    document.querySelectorAll("details.menu[open], details.line-acts[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });

  if (box) { box.addEventListener("live:swapped", say); say(); }
})();
