"""O3: a dashboard that sends and hears for a long time holds no more in the end than it did when it was warm.

CHAOS=1 takes half an hour, its first five minutes to warm up; the short form takes 16 seconds, which is long enough to see files
that stay open and a log that is never emptied, and too short to say anything about memory.
"""

from tests import database
from tests.live import wait_until
from tests.promises.busy import CAMPAIGN, HANDED_OVER, NEW, WAITING_STILL, Watcher, count, notices
from tests.promises.figures import IS_FULL, show
from tests.promises.knockers import knock

WARM, SECONDS, EVERY = (300, 1500, 5.0) if IS_FULL else (6, 10, 0.25)
A_SECOND, SENDS = 60, 20


def test_o3_a_long_run_holds_no_more_than_a_warm_one(dashboard):
    live = dashboard()
    live.run(CAMPAIGN, str(SENDS * (WARM + SECONDS + 60)))
    wait_until(lambda: count(live, HANDED_OVER), "the campaign never began")
    watcher = Watcher(live, every=EVERY)
    watcher.start()
    told = notices(A_SECOND * (WARM + SECONDS))
    knock(live.port, (next(told) for _ in range(A_SECOND * WARM)), a_second=A_SECOND)
    watcher.forget()
    began = count(live, HANDED_OVER)
    heard = knock(live.port, told, a_second=A_SECOND)
    sent, held = count(live, HANDED_OVER) - began, watcher.stop()

    show("O3", f"{SECONDS} s at {sent / SECONDS:.1f} sends and {A_SECOND} notices a second, after {WARM} s: memory an hour, "
         f"percent ({held.memory[0]:.0f} MiB at first, {held.memory[-1]:.0f} in the end, {max(held.memory):.0f} at most)",
         round(held.growth(), 1), "<= 5")
    show("O3", f"open files more in the second half ({max(held.files)} at most)", held.more_files(), "flat")
    show("O3", "the log beside the database, MiB at most", round(max(held.log), 1), "<= 64")
    assert heard.answers == {200: A_SECOND * SECONDS}
    assert count(live, WAITING_STILL), "the campaign was over before the notices were"
    wait_until(lambda: not count(live, NEW), "not everything was read", 120)
    assert held.more_files() <= (10 if IS_FULL else 30)  # each connection to the database is a file or two; there are forty
    assert max(held.log) <= 64
    assert database.is_postgres() or max(held.log) > 0, "the log was not looked at"
    assert held.growth() <= 5 or not IS_FULL
