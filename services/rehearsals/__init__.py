"""A whole campaign tried on the simulator, in a database of its own. The names others may use."""

from services.rehearsals.inside import Moving, hurry, moving, template_standing, waves
from services.rehearsals.queries import Shown, latest, mark_of, shown
from services.rehearsals.run import look, stop_own
from services.rehearsals.start import start, stop

__all__ = ["Moving", "Shown", "hurry", "latest", "look", "mark_of", "moving", "shown", "start", "stop", "stop_own",
           "template_standing", "waves"]
