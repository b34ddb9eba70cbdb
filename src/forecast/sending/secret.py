"""Find user and password of the mail server in the environment or the system's keyring; never show them."""

import importlib
from collections.abc import Mapping
from typing import Final

from forecast.base.errors import SpecError
from forecast.base.mail import Login, Smtp

USER: Final = "FORECAST_SMTP_USER"
PASSWORD: Final = "FORECAST_SMTP_PASSWORD"  # noqa: S105 - the variable's name


def service(host: str) -> str:
    """Name the keyring's entry: of one server, so that no other is ever given its password."""
    return f"forecast:{host}"


def find(smtp: Smtp, environment: Mapping[str, str]) -> Login | None:
    """Find user and password; None if neither is set, so that the server is used without login.

    The environment comes before the file's `user` and before the keyring, which is asked only if the package
    ``keyring`` is installed.

    Raises SpecError if only one of the two is known, or the password has letters that mail servers are not
    sent.
    """
    user = environment.get(USER, "") or smtp.user
    password = environment.get(PASSWORD, "")
    if not user and not password:
        return None
    facts = {"user_name": USER, "password_name": PASSWORD, "service": service(smtp.host)}
    if not user:
        raise SpecError("send.no_user", facts)
    password = password or _from_keyring(smtp.host, user)
    if not password:
        raise SpecError("send.no_password", facts)
    if not (user + password).isascii():
        raise SpecError("send.not_ascii", facts)
    return Login(user, password)


def _from_keyring(host: str, user: str) -> str:
    """Ask the keyring; give "" if it is missing, locked or broken."""
    try:
        password = importlib.import_module("keyring").get_password(service(host), user)
    except Exception:  # noqa: BLE001 - each system's keyring has errors of its own
        return ""
    return str(password or "")
