// Every page of the team: its title and the rail say how many chats nobody has seen, a sound or notice tells of new lines.
// What is known comes by itself: with the list in the inbox, with a small part of its own on every other page.
(function () {
  "use strict";
  var title = document.title.replace(/^\([\d,]+\) /, "");

  function news() {
    var found = document.querySelector("[data-unseen]");
    return found ? found.dataset : {chats: "0", lines: "0"};
  }

  // kept by the browser where it may be: one page among several tells, and a page that is just opened knows the one before
  function kept(where, name, value) {
    try {
      if (value !== undefined) { window[where].setItem("inbox-" + name, value); }
      return window[where].getItem("inbox-" + name);
    } catch (error) { return null; }
  }
  function isOn(what) { return kept("localStorage", what) !== "off"; }

  function say() {
    var now = news(), chats = Number(now.chats), lines = Number(now.lines), before = kept("sessionStorage", "lines");
    var shown = chats.toLocaleString("en");
    document.title = chats ? "(" + shown + ") " + title : title;
    document.querySelectorAll("[data-unread-badge]").forEach(function (badge) {
      badge.firstElementChild.textContent = shown;
      badge.hidden = !chats;
    });
    known = before === null ? known : Number(before);
    if (lines > known) { tell(now); }
    known = lines;
    kept("sessionStorage", "lines", lines);
  }

  function tell(now) {
    var what = [now.lines, now.at, now.url].join(" ");
    if (kept("localStorage", "told") === what) { return; }  // another page of this browser has told it
    kept("localStorage", "told", what);
    if (isOn("sound")) { ping(); }
    if (!("Notification" in window) || Notification.permission !== "granted" || !isOn("notices") || !document.hidden) { return; }
    var told = new Notification(now.name || "Somebody wrote to you", {
      body: now.words || "", tag: "pigeonpost-inbox", renotify: true});
    told.onclick = function () {
      window.focus();
      told.close();
      if (now.url) { window.location.assign(now.url); }
    };
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

  // both are switched in the menu of the inbox
  function control(name, words, press) {
    var button = document.querySelector("[data-" + name + "]");
    if (!button) { return; }
    function show() { button.textContent = words(); button.hidden = !button.textContent; }
    button.addEventListener("click", function () { Promise.resolve(press()).then(show); });
    show();
  }
  function turn(what) { kept("localStorage", what, isOn(what) ? "off" : "on"); }

  control("notices", function () {
    if (!("Notification" in window)) { return ""; }
    if (Notification.permission === "denied") { return "Notices: this browser blocks them"; }
    return Notification.permission === "granted" && isOn("notices") ? "Notices: on" : "Notices: off";
  }, function () {
    if (Notification.permission === "granted") { return turn("notices"); }
    kept("localStorage", "notices", "on");
    return Notification.requestPermission();
  });
  control("sound", function () { return isOn("sound") ? "Sound: on" : "Sound: off"; }, function () { turn("sound"); });

  var known = Number(news().lines);
  document.addEventListener("live:swapped", say);
  say();
})();
