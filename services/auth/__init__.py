"""Who may sign in, and what they may do: people, passwords, sessions that end on the server, limits on guessing."""

from services.auth.attempts import ACCOUNT_TRIES, ADDRESS_TRIES, WINDOW
from services.auth.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, check_password, refuse_weak
from services.auth.people import (
    add_user,
    all_users,
    change_user,
    create_first_admin,
    disable_user,
    enable_user,
    ensure_first_admin,
    get_user,
    has_users,
    normal_email,
)
from services.auth.profile import (
    change_own_password,
    change_profile,
    choose_password,
    invitation_for,
    own_phone,
    user_of_invitation,
)
from services.auth.sessions import (
    IDLE_HOURS,
    LONGEST_DAYS,
    Person,
    end_all_sessions,
    end_other_sessions,
    end_session,
    person_of,
    sessions_of,
    sign_out,
    start_session,
    sweep_sessions,
)
from services.auth.signing_in import sign_in

__all__ = [
    "ACCOUNT_TRIES", "ADDRESS_TRIES", "IDLE_HOURS", "LONGEST_DAYS", "LONGEST_PASSWORD", "Person", "SHORTEST_PASSWORD",
    "WINDOW", "add_user", "all_users", "change_own_password", "change_profile", "change_user", "check_password",
    "choose_password", "create_first_admin", "disable_user", "enable_user", "end_all_sessions", "end_other_sessions",
    "end_session", "ensure_first_admin", "get_user", "has_users", "invitation_for", "normal_email", "own_phone", "person_of",
    "refuse_weak", "sessions_of", "sign_in", "sign_out", "start_session", "sweep_sessions", "user_of_invitation",
]
