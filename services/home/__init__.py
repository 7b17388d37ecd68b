"""What the first page and the frame of every page show: figures of today, what needs a person, what is running."""

from services.home.figures import Figures, today_against_last_week
from services.home.needs import Need, needs
from services.home.running import LineCard, Running, line_cards, next_steps, recent_campaigns, running_work
from services.home.subjects import still_there

__all__ = ["Figures", "LineCard", "Need", "Running", "line_cards", "needs", "next_steps", "recent_campaigns",
           "running_work", "still_there", "today_against_last_week"]
