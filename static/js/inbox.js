// The list of chats and a thread: keys to move, menus that close.
(function () {
  "use strict";

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
})();
